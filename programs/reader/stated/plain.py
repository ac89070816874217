"""The one form in which code reads a message for figures: digits kept, everything else spelt one way.

Unlike `screening.plain_words` it leaves runs of one character alone: 1000 is not 100.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from plumbing.plain_text import comparable

_APOSTROPHES = re.compile("['`´\u2032\uff07\u02bc\u02b9\u055a\ua78c]")
_SPACE = re.compile(r"[^\S\n]+")
_SIMPLIFIED = str.maketrans(
    "個還週萬兩錢塊減後號們過這會幾貸現給內從頭話說電證應該結餘間時對點當開據費額發資麼嗎讓請總幫個銀員親媽爸爺奶歲訂聽無於與並沒為萬億貳參陸擔處單業務壓檢張禮開門關進遠達寫層優惠債務調緩寬",
    "个还周万两钱块减后号们过这会几贷现给内从头话说电证应该结余间时对点当开据费额发资么吗让请总帮个银员亲妈爸爷奶岁订听无于与并没为万亿贰叁陆担处单业务压检张礼开门关进远达写层优惠债务调缓宽",
)


@lru_cache(maxsize=512)
def plain(text: str) -> str:
    """`text` in lower case without apostrophes and accents, in simplified characters, spaces single, lines kept."""
    shown = _APOSTROPHES.sub("", comparable(text, keep_newlines=True)).casefold()
    if not shown.isascii():
        letters = unicodedata.normalize("NFD", shown)
        shown = "".join(c for c in letters if not unicodedata.combining(c)).translate(_SIMPLIFIED)
    return "\n".join(_SPACE.sub(" ", line).strip() for line in shown.split("\n"))
