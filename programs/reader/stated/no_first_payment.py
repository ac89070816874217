"""A first payment that there is to be none of, said in one breath: a figure of zero, whatever denies it."""

from __future__ import annotations

import re

_ENGLISH = (
    r"(?:down ?payments?|deposits?|up ?front(?: (?:payment|money|sum|bit|part|cash))?|(?:first|initial) payment"
    r"|money down|lump(?: sum)? up ?front)"
)
_SPANISH = r"(?:enganche|entrada|anticipo|pago inicial|cuota inicial|inicial|pie|pago de entrada)"
_CHINESE = r"(?:首付款?|首期款?|头期?款|头期|首笔款?|订金|定金|预付款?)"
_NO = (
    r"no|nil|without|skip(?:ping)?|drop(?:ping)?|waiv(?:e|ing)|scrap(?:ping)?|forget(?: about)?|los(?:e|ing)|remov(?:e|ing)"
    r"|cancel|minus|ditch|get rid of|do without|leave out|zero|not paying|cant do|cannot do|wont do|dont want"
)
_GONE = r"off the table|out(?! of)|goes|removed|waived|zero|dropped|scrapped"
_SIN = (
    r"sin|nada de|cero|0|olvid\w+(?: del?)?|quit(?:e|en|ar|ando|eme|enme|enle|ele|ale|ame|amos|arle|arme)"
    r"|elimin(?:e|en|ar)|salt(?:ar|arnos|emos)(?:nos)?"
    r"|no(?: hay| habra| doy| dar| puedo dar| quiero| pago| pagar| tengo(?: para)?(?: el| la)?)?"
)
_DENIED = r"(?:不|唔|没有?|冇|免掉?|免了|取消|去掉|省掉|无|别|甭)(?:想|再|先|能)?(?:付|要|给|俾|畀|交|用|出|打|搞|收|需要?|弄)?"
_BETWEEN = r"(?:就|也|都|我|一分钱?|一毛钱?|一点|能不能|能|可以|可不可以|直接|还是|的话|这块)*"
NO_FIRST_PAYMENT = re.compile(
    rf"\b(?:{_NO}) (?:a|an|any|the|that|this|your|with the|of the)? ?{_ENGLISH}\b"
    rf"|\b(?:take|leave|keep) (?:the |that |your )?{_ENGLISH} (?:off(?: the table)?|out(?: of it)?|away)\b"
    rf"|\b{_ENGLISH}(?: is| has to| must| needs to)? (?:{_GONE})\b"
    rf"|\b(?:{_SIN}) (?:(?:pesos|euros|dolares|soles) (?:de |al |como )?)?(?:el |la |lo de la |lo del |ningun |ninguna |un |una |dar |pagar |de )?{_SPANISH}\b"
    rf"|\b{_SPANISH} (?:no|fuera|cero)(?=$|[ ,.;!?\n])(?! \w+ (?:de|del)\b)"
    rf"|{_DENIED}(?:那个?|这个?|这笔|什么)?{_CHINESE}(?!收据|发票|合同|记录|单|的)"
    rf"|(?:\b(?:no|zero|without|skip) ?|{_DENIED} ?)(?:{_CHINESE}|{_ENGLISH}\b)"
    rf"|{_CHINESE}{_BETWEEN}(?:别[收要]了?|先欠着?|先不[给付交出]|免了?|不给|不付|不交|不要|不出|没有|算了|取消|省了|去掉)"
)
"""Matched against `plain` text; the match is the figure."""

_LOOSE_ENGLISH = (
    r"down ?payments?|deposits?|up ?front|(?:first|initial|opening) \w+|\w+ first|lump|front(?:ing)?|money down|advance"
    r"|at the start|day one|kick(?:ing)? (?:it |this |things )?off|before (?:the|any) (?:monthl\w+|instal\w+|payments?)"
)
_LOOSE_SPANISH = r"enganche|entrada|inicial|anticipo|adelant\w+|pie|primer pago|sena|de una|al principio|(?:de|al) arranque|al empezar|para empezar|prima"
_LOOSE_CHINESE = r"首付|首期|头款|头期|首笔|订金|定金|预付|先(?:交|付|给|还|拿|出|打)|头一笔|第一笔"
_LOOSE_NO = (
    r"\b(?:no|not|none|nil|nothing|aint|cant|cannot|wont|dont|skip\w*|drop\w*|waiv\w+|scrap\w*|forget\w*|los(?:e|ing)|remov\w+|cancel\w*|ditch\w*"
    r"|without|zero|never|nowt|zilch|sin|nada|ni|quit\w+|elimin\w+|suprim\w+|olvid\w+|cero|salt\w+|brinc\w+|borr\w+|ahorr\w+)\b|不|没|免|别|甭|唔|冇|取消|去掉|省|无|零"
)
_APART = r"[^\d;.!?]{0,24}?"
MAYBE_NO_FIRST_PAYMENT = re.compile(
    rf"(?:{_LOOSE_NO}){_APART}(?:\b(?:{_LOOSE_ENGLISH}|{_LOOSE_SPANISH})\b|{_LOOSE_CHINESE})"
    rf"|(?:\b(?:{_LOOSE_ENGLISH}|{_LOOSE_SPANISH})\b|{_LOOSE_CHINESE}){_APART}(?:{_LOOSE_NO})"
)
"""A first payment and a denial near each other: worth the trained opinion (`offered`), which says how likely it is meant."""
