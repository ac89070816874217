"""Whether somebody who was asked said yes or no, in a few words; whatever says more is no such answer."""

from __future__ import annotations

import re

from plumbing.plain_text import comparable

_YES = (
    r"y|yes|yeah|yep|yup|ya|yea|yess+|sure|correct|right|exactly|ok(?:ay)?|indeed|of course|i do|i am"
    r"|that'?s (?:right|it)"
    r"|s[ií]p?|claro|correcto|exacto|as[ií] es|efectivamente|vale|de acuerdo|por supuesto|sí señora?"
    r"|是的?|对的?|嗯+|好的?|没错|确定|当然|可以|是啊|对啊|希望|需要|要|有的?|愿意|同意|接受"
)
# 不想 is none: to "shall we stop?" it is a no, and meant as "I want no more messages" a yes
_NO = (
    r"n|no+|nope|nah|not? (?:really|at all|that)|never|i (?:do not|don'?t|am not)|i'?m not|wrong|stay|go on|continue"
    r"|para nada|claro que no|de ninguna manera|negativo|sigamos|seguimos"
    r"|不(?!想)是?的?|否|不对|不對|没有?|沒有?|不要|不用|不需要|不希望|不愿意|不同意|不接受|不是这样|继续"
)
_MORE = (
    r"please|pls|thanks?|thank you|sorry|end|it|this|that|the|i|do|am|want|to|am done|done|goodbye|bye|stop|leave|mean"
    r"|conversation|chat|talk|writing|meant|so|mate|sir|ma'?am|go|on"
    r"|por favor|gracias|quiero|terminar|eso|esto|la|el|conversaci[oó]n|adi[oó]s|lo|es|hablar|seguir|terminarla"
    r"|请|谢谢|结束|吧|了|的|我|想|要|再见|谈话|对话|就|这样|继续|是|啊"
)
_GAP = r"[\s,.!?;:，。！？、…'\"-]*"
_YES_FIRST = re.compile(rf"\A{_GAP}(?:{_YES}){_GAP}(?:(?:{_YES}|{_MORE}){_GAP}){{0,8}}", re.IGNORECASE)
_NO_FIRST = re.compile(rf"\A{_GAP}(?:{_NO}){_GAP}(?:(?:{_NO}|{_MORE}){_GAP}){{0,8}}", re.IGNORECASE)
LONGEST = 60
"""Characters; who writes more says more."""


def said_yes(text: str) -> bool | None:
    """True for a yes, False for a no, None for anything else; English, Spanish and Chinese."""
    plain = " ".join(comparable(text).split())
    if len(plain) > LONGEST:
        return None
    if _NO_FIRST.fullmatch(plain):
        return False
    return True if _YES_FIRST.fullmatch(plain) else None
