"""Whether words that a pattern found are meant: not denied, not reported of others, not advised against.

"We will never call your boss", "you are worried that we tell your wife", "the agency before us threatened to take
your car" and "nobody should borrow for this" are proper; "if you do not pay, we call your boss" is not.
"""

from __future__ import annotations

import re

# Words that may stand between a denial and what it denies: "do not ever want you to borrow money".
_BETWEEN = (
    r"(?:to|ever|be|being|been|going|have|having|has|had|want|wish|need|ask|asking|asked|you|anyone|anybody|intend"
    r"|intending|plan|planning|threaten|threatening|try|trying|consider|even|simply|just|or|in|any|way"
    r"|would|will|can"
    r"|could|should|advise|suggest|suggesting|encourage|recommend|expect|require|requiring|means?|that|by"
    r"|with|it|is"
    r"|for|a|an|the|we|i|has to|get|go|at|this|do|does|here|our|staff|out|on|about|of|from|going)"
)
_DENIAL = re.compile(
    r"(?:\b(?:not|never|cannot|without|nor|neither|no one|nobody|none of us|avoid|rather than|instead of|nothing"
    r"|(?:do|does|did|wo|would|ca|could|should|is|are|was|were|have|has|need|must)n'?t)\b"
    r"|\b(?:nobody|no one|none of us|no one else)\b(?: (?!but\b|and\b|that\b|who\b)\w+){0,9}"
    r"|\bno (?:power|right|authority|way|wish|need|reason|intention|plan|interest|desire)s?\b(?: (?!but\b"
    r"|and\b)\w+){0,4}|"
    rf"\bno(?: such| active| outstanding)?(?=[ ]*$))(?: {_BETWEEN})*[ ]*$"
)
_SPANISH_DENIAL = re.compile(
    r"\b(?:nadie|ninguno de nosotros)\b(?: (?!pero\b|y\b|que\b si\b)\w+){0,8}[ ]*$|"
    r"\b(?:no|nunca|jamas|nadie|ni|sin|tampoco|evite|en vez de|en lugar de)(?: (?:se|le|les|lo|la|los|las"
    r"|te|nos|vamos|va|voy"
    r"|a|de|que|hace|falta|tiene|hay|necesita|es|un|una|queremos|pedimos|puede|pueden|podemos|debe|nada|vaya|quiero"
    r"|pido|recomiendo|aconsejo|vayan|iremos|haremos))*[ ]*$"
)
_CHINESE_DENIAL = re.compile(
    r"(?:不会|绝不|不用|不必|不需要|无需|不要|请勿|从不|不得|没有|并非|不是|不建议|避免|没必要"
    r"|不应该?|不想让?|别|不可能|没人|谁也不)[^，,；;。]{0,6}$"
)
_NO_DENIAL = re.compile(
    r"\b(?:if|unless|until|when|as) (?:\w+ ){0,30}?(?:not|n'?t|never|nothing)\b[^,;]*$"
    r"|(?:\bnot|n'?t) pay\b[^,;]*$|\bwhy (?:not|don'?t)\b[^,;]*$|\bnot only\b[^,;]*$"
    r"|\bsi no (?:paga|cumple|contesta|llega|acept)\w*[^,;]*$|\bpor que no\b[^,;]*$|\bhesita\w*[^,;]*$"
    r"|(?:再不|如果不|要是不|不还)[^，,；;]*$"
)
"""A condition ('if you do not pay we ...') or a suggestion ('why not ...'): the breach after it is meant."""
_REPORTED = re.compile(
    r"\b(?:you(?:'?re| are| were| may be| seem| sound)? (?:\w+ )?(?:worried|afraid|scared|frightened|fear"
    r"|told|mention(?:ed)?"
    r"|said|wrote|think|thought|believe|asked|heard)"
    r"|(?:your|the|another|a) (?:\w+ )?(?:fear|worry|worries|letter|caller|scam|scammer|collector|agency"
    r"|lender|company|firm)"
    r"(?: (?:before us|you had))?(?: \w+){0,3} (?:that|threaten\w*|said|told|claim\w*|promis\w*)"
    r"|anyone (?:who|that) (?:says|tells|claims|threatens)|if (?:a|any|some)\w* (?:\w+ )?(?:says|tells"
    r"|claims|threatens)"
    r"|(?:sorry|condolences)(?: to hear| to learn| to read| for| about| that)?"
    r"|le preocupa|usted teme|tiene miedo|me (?:dijo|dice|conto|pregunto)|(?:le|les) (?:dijeron"
    r"|amenaz\w+)|lamento|siento"
    r"|otra agencia)\b[^,;]*$"
    r"|(?:您|你)(?:担心|怕|害怕|说|提到|刚才说|之前说|问)[^，,；;]*$|(?:得知|听说|有人|对方|上一家)[^，；;]*$"
)
_OWN_CHOICE = re.compile(
    r"\b(?:if|should|whether|when|did|have|had|since|after|before)"
    r"(?: (?:you|a relative|your family|anyone|someone|ever|already|want to|decide to|choose to|have to"
    r"|had to|would|could))*[ ]*$"
    r"|\b(?:si|cuando|aunque)(?: (?:usted|un familiar|su familia|decide|quiere|prefiere|tiene que|va a))*[ ]*$"
    r"|(?:如果|要是|若)(?:您|你|家人|亲友)?[^，,；;]{0,4}$"
)
"""'If you borrow from your brother': what the debtor does, not what is asked for."""
_AFTER_DENIAL = re.compile(
    r"^[^,;]{0,60}?\b(?:(?:is|are|was|were|would be) (?:not|never|no)\b|(?:is|are|was|were|would|do|does"
    r"|wo)n'?t\b(?! (?:pay|you))"
    r"|that is false|no es|no son|no hace falta)|^[^；;。]{0,16}(?:不建议|没必要|不推荐|不必"
    r"|不是办法|不可取|只会|是错误|遗憾|抱歉)"
)
_PERMISSION = re.compile(
    r"^[^;]{0,60}?\b(?:if|unless|once|when|only if|provided that|after|until) (?:you|they) (?:\w+ )?(?:allow|agree|want|wish"
    r"|ask|permit|consent|authori[sz]e|approve|say so|give us)\b|^[^;]{0,60}?\bwith(?:out)? your (?:\w+ )?(?:permission"
    r"|consent|approval|agreement)\b|^[^;]{0,60}?\b(?:si|cuando|salvo que) usted (?:lo |nos )?(?:autoriza|permite|quiere|pide"
    r"|acepta|autorice|permita)|^[^;]{0,60}?\bsin su (?:permiso|consentimiento|autorizacion)|^[^;\u3002]{0,20}(?:除非|只有|如)(?:您|你)"
    r"(?:同意|允许|授权|要求)"
)
"""'... if you allow it': what a debtor may ask for is no threat."""


_PERMITTED = re.compile(
    r"\b(?:if|when|once|after) you (?:allow|permit|consent|authori[sz]e|ask us|want us|have (?:allowed"
    r"|agreed|consented))"
    r"|\bwith(?:out)? your (?:\w+ )?(?:permission|consent|authori[sz]ation|say-so)"
    r"|\bsi (?:usted )?(?:lo |nos )?(?:autoriza|permite|pide)|\bcon su (?:permiso|consentimiento|autorizacion)"
    r"|(?:经|得到|征得|取得)(?:您|你)的?(?:\w{2})?(?:同意|允许|授权)|(?:您|你)(?:同意|允许|授权)(?:的话|后|才|的情况)"
)
_NEAR = 160
"""Characters around the words that are looked at: what is further away says nothing of them."""


def denied(before: str) -> bool:
    """The words before a match deny it: 'we will never ...', but not 'if you do not pay, we ...'."""
    before = before[-_NEAR:]
    if _NO_DENIAL.search(before):
        return False
    return any(pattern.search(before) for pattern in (_DENIAL, _SPANISH_DENIAL, _CHINESE_DENIAL))


def meant(sentence: str, start: int, end: int) -> bool:
    """Whether the words from `start` to `end` of a sentence are the speaker's own and not taken back.

    Args:
        sentence: one, as `screening.plain_words.plain_sentences` writes it.
        start: where the words begin.
        end: where they end.
    """
    before, after = sentence[max(0, start - _NEAR) : start], sentence[end : end + _NEAR]
    if denied(before) or _OWN_CHOICE.search(before) or _AFTER_DENIAL.search(after) or _PERMISSION.search(after):
        return False
    if _REPORTED.search(before) and not re.search(r"\b(?:i|we) (?:\w+ )?(?:told|said|warned)\b", before):
        return False
    if _PERMITTED.search(sentence[max(0, start - _NEAR) : end + _NEAR]):
        return False
    return not (before.count('"') % 2 and '"' in after)
