"""Figures of a message: a number or a fraction with its unit, before anything is said of what it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from programs.reader.stated.clock_times import clock_times
from programs.reader.stated.no_first_payment import NO_FIRST_PAYMENT
from programs.reader.stated.written_numbers import WrittenNumber, numbers


class Unit(StrEnum):
    """What a figure counts."""

    SHARE = "share"
    """Percent."""
    OFF = "off"
    """Percent that the words themselves say is forgiven: 打八折, "forty cents on the dollar"."""
    MONTHS = "months"
    PAYMENTS = "payments"
    DAYS = "days"
    MONEY = "money"
    """In major units of the debt's currency."""
    BARE = "bare"
    """No unit."""


@dataclass(frozen=True)
class NamedFigure:
    """One figure in `plain` text."""

    unit: Unit
    value: Decimal | None
    """None where it cannot be read in one way."""
    span: tuple[int, int]
    vague: bool = False
    """A range or an about: no definite figure."""


_MONEY_AFTER = (
    r"\s?(?:[$€£¥₹₦₱₩]|(?:us |u\.s\. |canadian )?dollars?\b|dolares\b|dolar\b|bucks?\b|euros?\b|pounds?\b|quid\b|pesos?\b|"
    r"pesitos\b|varos\b|lempiras\b|quetzales\b|bolivianos\b|guaranies\b|colones\b|bolivares\b|soles\b|lucas\b|rupees?\b|rs\b|yuan\b|"
    r"rmb\b|yen\b|rands?\b|naira\b|reais\b|"
    r"zl\b|zloty\b|kr\b|kronor\b|francs?\b|ringgit\b|dirhams?\b|shillings?\b|(?:usd|eur|gbp|mxn|cop|clp|ars|pen|inr|cny|"
    r"jpy|chf|brl|zar|cad|aud|hkd|twd|sgd|myr|ngn|kes|php|uyu|dop|crc|gtq|pln|sek|nok|dkk)\b|元|块钱|块|塊|刀|圆|人民币|"
    r"港币|港纸|台币|新台币|美元|美金|欧元|镑|日元|令吉|大洋|蚊)"
)
_MONEY_BEFORE = (
    r"(?:[$€£¥₹₦₱₩]|\b(?:r|us|c|ca|a|hk|nt|s|mx)\$|\bs/\.?|\brs\.?|\br|\bq|\brm|\b(?:usd|eur|gbp|mxn|cop|clp|ars|pen|inr|"
    r"cny|rmb|jpy|chf|brl|zar|cad|aud|hkd|twd|sgd|myr|ngn|kes|php|uyu|dop|crc|gtq|pln|sek|nok|dkk)|人民币|港币|台币)\s?$"
)
_BETWEEN = r"[\s-]?(?:(?:more|equal|easy|monthly|regular|fixed|small|smaller|further|full|whole|consecutive|even|straight) ){0,2}"
_UNITS: tuple[tuple[Unit, int, re.Pattern[str]], ...] = (
    (Unit.SHARE, 1, re.compile(r"\s?(?:%|per ?cents?\b|pct\b|por ?ciento\b|x ciento\b|porciento\b|个百分点)")),
    (Unit.MONEY, 1, re.compile(_MONEY_AFTER)),
    (Unit.MONTHS, 12, re.compile(r"[\s-]?(?:years?\b|yrs?\b|anos?\b|年(?!前|级|后|底|初|内|左右|月))")),
    (Unit.MONTHS, 1, re.compile(_BETWEEN + r"(?:months?\b|mths?\b|mnths?\b|mos?\b|meses\b|mes\b|mese\b|个?月(?!\d|份|底|初|中|末|薪|号))")),
    (
        Unit.PAYMENTS,
        1,
        re.compile(
            _BETWEEN + r"(?:(?:monthly )?(?:instal+ments?\b|installs\b|payments?\b|pmts?\b|pymts?\b|paymnts?\b|emis?\b)|"
            r"cuotas?\b|mensualidades\b|mensualidad\b|plazos?\b|pagos?\b|abonos?\b|parcialidades\b|letras\b|"
            r"parcelas\b|partes\b|parts\b|chunks\b|lumps\b|goes\b|期|笔|次(?=[,。.!\s还付结]|$))"
        ),
    ),
    (Unit.DAYS, 14, re.compile(r"[\s-]?(?:fortnights?\b|quincenas?\b)")),
    (Unit.DAYS, 7, re.compile(r"[\s-]?(?:(?:more|full|whole) )?(?:weeks?\b|wks?\b|semanas?\b|semanitas\b|个?(?:周|星期|礼拜)(?![一二三四五六日天末]))")),
    (Unit.DAYS, 1, re.compile(r"[\s-]?(?:(?:more|business|working|calendar|full) )?(?:days?\b|dias?\b|dias\b|天|日(?:内|后|之内|以内))")),
)  # fmt: skip
_RANGE_BETWEEN = re.compile(r"\s?(?:-|–|~|to|or|a|o|u|y|and|至|到|或|或者)\s?(?:[$€£¥₹]\s?)?")
_RANGE_WORD = re.compile(r"\b(?:between|entre|somewhere|from|de)\s?$")
_VAGUE_BEFORE = re.compile(r"(?:\bcouple (?:of )?|\bfew |\bunos |\bunas |几|好几|数|上|成)$")
_VAGUE_AFTER = re.compile(r"(?:\s?(?:or so|y pico|-?ish)\b|\s?y tantos|几|多(?=[个元块天]))")
_TENTHS = re.compile(r"打?\s?([一二三四五六七八九]{1,2}|\d(?:\.\d)?|\d\d)\s?折")
_TENTH_PARTS = re.compile(r"\s?成(?![功交年绩天人为都了果员本])")
_CENTS_ON = re.compile(
    r"\s?(?:cents?|c|pence|p|centavos|centimos)\s(?:on|in|to|for|per|por|sobre) (?:the|every|each|a|cada)? ?(?:dollar|pound|euro|peso|dolar|\$)"
)
_HUNDREDTHS = re.compile(r"百分之\s?$")
_FIXED: tuple[tuple[Unit, str, re.Pattern[str]], ...] = (
    (Unit.DAYS, "2", re.compile(r"\b(?:day after tomorrow|pasado manana)\b|后天")),
    (Unit.MONTHS, "18", re.compile(r"\b(?:a year and a half|year and a half|1\.5 (?:years|yrs)|one and a half years|un ano y medio|ano y medio)\b|一年半")),
    (Unit.MONTHS, "30", re.compile(r"\b(?:two and a half years|2\.5 (?:years|yrs)|dos anos y medio|2 anos y medio)\b|[两二2]年半")),
    (Unit.MONTHS, "6", re.compile(r"\b(?:half a year|half year|medio ano)\b|半年")),
    (Unit.MONTHS, "12", re.compile(r"\b(?:(?:a|one) (?:full |whole )?year|un ano)\b")),
    (Unit.MONTHS, "1", re.compile(r"\b(?:(?:a|one) month|un mes)\b|一个月(?=[以之]?[后内])")),
    (Unit.DAYS, "7", re.compile(r"\b(?:(?:a|one|1) (?:week|wk)|(?:una|1) semana)\b|(?:一|1)个?(?:周|星期|礼拜)")),
    (Unit.DAYS, "14", re.compile(r"\b(?:a fortnight|one fortnight|una quincena)\b|半个?月")),
    (Unit.SHARE, "0", NO_FIRST_PAYMENT),
    (Unit.SHARE, "0", re.compile(r"\b(?:nothing|zero|no money|nada|cero|no (?=(?:down|deposit|upfront|up front|first)))(?= ?(?:% )?(?:at all )?(?:down|up ?front|now|today|de (?:entrada|enganche|inicial|anticipo)|por adelantado|ahora|hoy|deposit|first))|[零0]首付|首付[为是]?(?:零|0)(?![\d.%])")),
    (Unit.SHARE, "20", re.compile(r"\b(?:a fifth|one fifth|una quinta parte|la quinta parte|un quinto)\b|五分之一")),
    (Unit.SHARE, "10", re.compile(r"\b(?:a tenth|one tenth|una decima parte|la decima parte|un decimo)\b|十分之一")),
    (Unit.OFF, "90", re.compile(r"\b(?:a dime|ten cents) on the dollar\b")),
    (Unit.DAYS, "0", re.compile(r"\bnow\b(?= |$|[,.!])(?<! from now)(?<! as of now)(?<! by now)(?<! for now)|\bahora\b|\bya mismo\b")),
    (Unit.SHARE, "50", re.compile(r"\b(?:half|1/2|la mitad|mitad|una mitad)\b(?! (?:a|an|of (?:the|my|every) (?:month|day|time|year|week))\b)|一半(?!的?(?:时间|人))")),
    (Unit.SHARE, "25", re.compile(r"\b(?:a quarter|one quarter|(?<!per )(?<!each )(?<!every )(?<!last )(?<!next )quarter(?= (?:of it|off|now|down|up ?front|today))|una cuarta parte|la cuarta parte)\b|四分之一")),
    (Unit.SHARE, "33.33", re.compile(r"\b(?:a third|one third|1/3|un tercio|una tercera parte|la tercera parte)\b|三分之一")),
    (Unit.SHARE, "66.67", re.compile(r"\b(?:two thirds|2/3|dos tercios|las dos terceras partes)\b|三分之二")),
    (Unit.SHARE, "75", re.compile(r"\b(?:three quarters|tres cuartos|tres cuartas partes)\b|四分之三")),
    (Unit.DAYS, "0", re.compile(r"\b(?:today|right now|right away|straight away|immediately|tonight|this minute|hoy|hoy mismo|ahora mismo|ahorita|de inmediato|inmediatamente)\b|今天|今日|今晚|现在|马上|立刻|立即|当场|即刻|而家|即日")),
    (Unit.DAYS, "1", re.compile(r"\b(?:tomorrow|tmrw|tmr|2moro|tomoro|manana(?! por la manana| a la manana))\b|明天|明日|听日")),
)  # fmt: skip


MOST_NUMBERS = 60
"""Numbers of one message that are looked at; a message of more asks to be said in other words anyway."""


@lru_cache(maxsize=512)
def figures(plain_text: str) -> tuple[NamedFigure, ...]:
    """Every figure of a `plain` text in the order of reading; none overlaps another."""
    found: list[NamedFigure] = []
    taken = bytearray(len(plain_text) + 1)

    def take(figure: NamedFigure | None) -> None:
        if figure is not None and not any(taken[slice(*figure.span)]):
            taken[slice(*figure.span)] = b"\1" * (figure.span[1] - figure.span[0])
            found.append(figure)

    for match in _TENTHS.finditer(plain_text):
        take(_tenths(match))
    for unit, value, pattern in _FIXED:
        for match in pattern.finditer(plain_text):
            take(NamedFigure(unit, Decimal(value), match.span()))
    times = _times(plain_text)
    read = [
        number
        for number in numbers(plain_text)[:MOST_NUMBERS]
        if not _is_ordinal(plain_text, number) and not _in_a_time(number, times)
    ]
    units = [_with_unit(plain_text, number) for number in read]
    for at, (number, figure) in enumerate(zip(read, units, strict=True)):
        low = read[at - 1] if at and _is_range(plain_text, read[at - 1], number) else None
        if low is not None and not _is_date_like(plain_text, low, number):
            figure = NamedFigure(figure.unit, None, (low.span[0], figure.span[1]), vague=True)  # noqa: PLW2901
            found = [one for one in found if one.span[1] <= low.span[0] or one.span[0] >= figure.span[1]]
            taken[slice(*figure.span)] = bytes(figure.span[1] - figure.span[0])
        take(figure)
    return tuple(sorted(found, key=lambda figure: figure.span))


_WEEKDAY_BEFORE = re.compile(r"(?:周|星期|礼拜)$")
_ORDINAL_BEFORE = re.compile(r"(?:第|正月|初|[\d一二三四五六七八九十]月|\d[/:]|#|\bno\.? |\bnumber )$")
_ORDINAL_AFTER = re.compile(
    r"(?:st|nd|rd|th|x|am|hrs?|h)\b|\s(?:am|oclock|times|hours?|hrs|horas|minutes?|minutos?|mins?|seconds?|secs?|km|people|kids|beds)\b"
    r"|[/:]\d|[点號号楼岁]"
)


def _is_ordinal(text: str, number: WrittenNumber) -> bool:
    """Of a date, a time or a row: no figure of an offer."""
    start, end = number.span
    before = text[max(0, start - 8) : start]
    weekday = number.value is not None and number.value <= 7 and _WEEKDAY_BEFORE.search(before)
    return bool(weekday or _ORDINAL_BEFORE.search(before) or _ORDINAL_AFTER.match(text, end))


def _times(text: str) -> list[tuple[int, int]]:
    """Of the day; with a currency before it, it is a sum a month."""
    return [span for span in clock_times(text) if not re.search(_MONEY_BEFORE, text[max(0, span[0] - 12) : span[0]])]


def _in_a_time(number: WrittenNumber, times: list[tuple[int, int]]) -> bool:
    return any(start <= number.span[0] < end for start, end in times)


def _with_unit(text: str, number: WrittenNumber) -> NamedFigure:
    start, end = number.span
    before = text[max(0, start - 12) : start]
    vague = bool(_VAGUE_BEFORE.search(before) or _VAGUE_AFTER.match(text, end)) or _two_digits(text[start:end])
    value = None if vague else number.value
    if _HUNDREDTHS.search(before):
        return NamedFigure(Unit.SHARE, value, (text.rindex("百", 0, start), end), vague)
    if (cents := _CENTS_ON.match(text, end)) is not None:
        return NamedFigure(Unit.OFF, None if value is None else 100 - value, (start, cents.end()), vague)
    if (tenths := _TENTH_PARTS.match(text, end)) is not None and value is not None and value <= 10:
        return NamedFigure(Unit.SHARE, value * 10, (start, tenths.end()), vague)
    if (sign := re.search(_MONEY_BEFORE, before)) is not None:
        after = re.compile(_MONEY_AFTER).match(text, end)
        return NamedFigure(
            Unit.MONEY, value, (start - (len(before) - sign.start()), after.end() if after else end), vague
        )
    for unit, factor, pattern in _UNITS:
        if (match := pattern.match(text, end)) is not None and not (number.spelt and _no_count(text[start:end], unit)):
            return NamedFigure(unit, None if value is None else value * factor, (start, match.end()), vague)
    return NamedFigure(Unit.BARE, value, number.span, vague)


def _no_count(word: str, unit: Unit) -> bool:
    """ "one day", 一次: rhythm and idiom, no figure; "one payment" is one."""
    single = word in ("one", "un", "una", "uno", "一")
    return single and (unit is Unit.DAYS or (word == "一" and unit in (Unit.PAYMENTS, Unit.MONTHS)))


def _two_digits(number: str) -> bool:
    """两三 is two or three."""
    return len(number) == 2 and all(c in "一二两三四五六七八九" for c in number)


def _tenths(match: re.Match[str]) -> NamedFigure | None:
    """七折 is 70 % of the price, a discount of 30 %; 八五折 and 85折 are 15 %."""
    written = match[1].translate(str.maketrans("一二三四五六七八九", "123456789"))
    paid = Decimal(written) * (1 if len(written) == 2 and "." not in written else 10)
    return NamedFigure(Unit.OFF, 100 - paid, match.span())


def _is_date_like(text: str, low: WrittenNumber, high: WrittenNumber) -> bool:
    """12-250-3, 2024-05-01: no range."""
    return text[low.span[1] : high.span[0]] == "-" and bool(re.match(r"-\d", text[high.span[1] :][:2]))


def _is_range(text: str, low: WrittenNumber, high: WrittenNumber) -> bool:
    between = text[low.span[1] : high.span[0]]
    if len(between) > 6 or _RANGE_BETWEEN.fullmatch(between) is None:
        return False
    joins_two = between.strip() in ("and", "y", "a", "o", "u")
    return (
        not joins_two
        or bool(_RANGE_WORD.search(text[max(0, low.span[0] - 12) : low.span[0]]))
        or between.strip() in ("a", "o", "u")
    )


_ANY_SHARE = re.compile(r"(?<![\d.,%])(-?)(\d{1,9}(?:[.,]\d{1,4})?)\s?(?:%|per ?cent\b|por ?ciento\b)")


def impossible_share(plain_text: str) -> str | None:
    """The first percentage below 0 or above 100, as it was written; None where there is none."""
    for match in _ANY_SHARE.finditer(plain_text):
        before = plain_text[max(0, match.start() - 2) : match.start()]
        negative = match[1] and not re.search(r"[\d%]\s?$", before)
        if negative or float(match[2].replace(",", ".")) > 100:
            return match[0].strip()
    return None
