"""What people say in calls beside figures: that they agree, ask, or put a thing through; in three languages."""

from __future__ import annotations

import re

from data.domain import Inquiry, MoveKind, Turn
from data.messages.labels import TermKind
from programs.reader.stated.clauses import clauses
from programs.reader.stated.cues import EXPENSES, FIRST, INCOME, MONTHLY, cue
from programs.reader.stated.plain import plain

_YES = cue(
    r"yes|yeah|yep|yup|sure|ok|okay|okey|alright|all right|right|correct|fine|absolutely|definitely|of course|uh huh|mhm|perfect|great|good",
    r"si|claro|vale|bueno|dale|perfecto|correcto|esta bien|muy bien|por supuesto|asi es|como no",
    r"^(?:嗯|对|好|行|可以|是的?|没问题|当然)|可以的|好的|行的|没问题",
)
_SETTLES = cue(
    r"(?:we|i) (?:can|could|will|are able to|am able to) (?:do|accept|take|approve|live with|work with|agree to|go with) (?:that|it|this)"
    r"|(?:we|i)ll (?:do|accept|take|go with) (?:that|it)|(?:ill|i will|we will|let me|lets|ill go ahead and|i can) (?:get |go ahead and )?(?:set|put|get) (?:that|it|this|you|everything) (?:up|through|down|in place)"
    r"|that works(?: for (?:us|me))?|thats (?:approved|acceptable|accepted)|we have a deal|its a deal|approved|we accept",
    r"de acuerdo|lo aceptamos|aceptamos|aprobado|trato hecho|lo dej(?:o|amos)|queda (?:registrado|asi|aprobado)|lo registr(?:o|amos)|podemos hacerlo|me parece bien",
    r"可以接受|同意|我(?:们)?(?:帮|给)您(?:登记|办理|申请|安排)|没问题|就这么定|批准",
)
_TAKES = cue(
    r"ill (?:take|do|accept|go with) (?:that|it)|i (?:can|could|think i can|will) (?:do|manage|handle|live with|pay) (?:that|it)|im (?:good|fine|okay|ok) with (?:that|it)",
    r"(?:lo|la) (?:acepto|tomo)|(?:eso|asi) (?:si )?(?:puedo|me va bien|me sirve)",
    r"我(?:可以)?(?:接受|同意|答应)",
)
_QUESTION = cue(
    r"(?:would|does|is|will|can|could|do|are|shall|should) (?:that|it|this|you|we|i)|how (?:about|does|much|would)|what (?:about|if|do|can)|right|correct|okay|sound(?:s)? (?:good|fair)|deal|agreed?",
    r"le parece|esta de acuerdo|de acuerdo|puede|podria|le sirve|le conviene|acepta|que (?:tal|opina|dice)|verdad|cierto|correcto",
    r"吗|行不行|可以不|怎么样|好不好|能不能|如何|对吧|是吧",
)
_IN_FULL = re.compile(
    r"\b(?:all of it|in one go|lump sum|pay (?:it )?all|if you (?:can |could )?(?:pay|settle)(?: it| this)? (?:today|now|by|within|this)|(?:pay|settle|clear|cover|resolve|take care of|close)(?: \w+){0,4} in full|(?:full|whole|entire|total) (?:balance|amount|thing|debt|sum)"
    r"|(?:la totalidad|todo el saldo|el (?:saldo|monto|importe) (?:total|completo)|toda la deuda|(?:liquid|pag|sald|cancel)\w+(?: \w+){0,3} (?:por completo|todo|el total)))\b|一次性(?:还清|结清|付清)|全部还清|全额"
)
_REFUSES = cue(
    r"(?:cant|cannot|can not|couldnt|unable to|not able to|wont be able to) (?:do|go|extend|accept|offer|give|lower|take|stretch|approve)|(?:is|thats) (?:the|my|our) (?:maximum|max|best|limit|lowest|most)|(?:the )?best (?:i|we) can do|no more than|final offer",
    r"no (?:puedo|podemos) (?:bajar|aceptar|ofrecer|dar|extender|alargar|llegar)|es lo (?:maximo|minimo|mas)|lo mas que puedo",
    r"不能再|没办法再|最多只能|最低|做不到",
)
_STOPS = re.compile(
    r"\b(?:stop calling|dont call|do not call|not interested|hang(?:ing)? up|leave me alone|goodbye|bye|no me llame|dejen de llamar|adios)\b|别再?打|不要再打|再见|挂了"
)
_ASSETS = re.compile(r"\b(?:savings?|in the bank|set aside|put away|assets|ahorros?|ahorrado|guardado)\b|存款|积蓄")
_REASON = re.compile(
    r"\b(?:what happened|what caused|why (?:did|have|were|was|are)|reason (?:for|why|you)|how come|fell? behind|a que se debe|que (?:le )?paso|por que|motivo)\b|什么原因|为什么|怎么回事|为何"
)
_ASKS = re.compile(
    r"[?？¿]|\b(?:what|whats|how|why|are you|do you|did you|can you|could you|may i|have you|is there|cual|cuales|cuanto|cuanta|cuantos|a que|por que|tiene)\b|什么|多少|吗|为何"
)
_LIMITS = re.compile(
    r"[?？]|\b(?:but|if|unless|only if|except|not|cant|cannot|pero|salvo|no)\b|但|不过|如果|除非|不(?!错)"
)
_SENTENCE = re.compile(r"[.!;。！；\n]+")
_WORD = re.compile(r"[a-z]+|[\u4e00-\u9fff]")
_MOST_WORDS = 30
_MOST_YES_WORDS = 8
"""An assent of more words says something else besides."""


def assents(text: str) -> bool:
    """Whether a sentence begins with a yes and says little else, and no other limits it or asks."""
    shown = plain(text)
    if _LIMITS.search(shown) or len(_WORD.findall(shown)) > _MOST_WORDS:
        return False
    return any(_is_yes(sentence) for sentence in _SENTENCE.split(shown))


def _is_yes(sentence: str) -> bool:
    said = sentence.strip(" ,，")
    match = _YES.search(said)
    return match is not None and match.start() <= 1 and len(_WORD.findall(said)) <= _MOST_YES_WORDS


def takes_it(text: str) -> bool:
    """Whether a debtor's words take what is on the table, without a condition."""
    shown = plain(text)
    return _TAKES.search(shown) is not None and not _LIMITS.search(shown)


def says_yes(text: str) -> bool:
    """Whether a yes stands anywhere in few words: "two hundred, I think so, yes"."""
    shown = plain(text)
    return _YES.search(shown) is not None and len(_WORD.findall(shown)) <= _MOST_YES_WORDS


def begins_with_yes(text: str) -> bool:
    """Whether the words begin with a yes, whatever follows."""
    match = _YES.search(plain(text).strip(" .!,，。！¿¡"))
    return match is not None and match.start() <= 1


def settles(text: str) -> bool:
    """Whether a creditor's words take what was asked for, or put it through."""
    return bool(_SETTLES.search(plain(text)))


def refuses(text: str) -> bool:
    """Whether a creditor's words say that there is no more to give."""
    return bool(_REFUSES.search(plain(text)))


def asks_back(text: str) -> bool:
    """Whether the words wait for a yes or a no; speech to text writes no question marks."""
    shown = plain(text)
    return bool(re.search(r"[?？]", shown)) or bool(_QUESTION.search(shown[-60:]))


_HOW_MUCH = re.compile(
    r"\b(?:how much|what)\b(?:(?! what).){0,20}\b(?:pay|afford|manage|put down|send|do)\b|\bcuanto\b.{0,20}\b(?:pagar|dar|abonar)\b|(?:多少|几).{0,4}(?:还|付)|(?:还|付).{0,4}多少"
)


def asked_to_pay(text: str) -> TermKind | None:
    """What a creditor's "how much can you pay?" asks for: each month, or at once; None where it asks nothing so."""
    shown = plain(text)
    match = _HOW_MUCH.search(shown)
    if match is None:
        return None
    rest = shown[match.start() :]
    if MONTHLY.search(rest):
        return TermKind.INSTALLMENT_AMOUNT
    return TermKind.FIRST_AMOUNT if FIRST.search(rest) else None


def offered_monthly(turn: Turn) -> TermKind | None:
    """What a bare sum answers where a creditor has just offered so much a month."""
    offered = turn.move.kind is MoveKind.ASK and MONTHLY.search(plain(turn.dialogue))
    return TermKind.INSTALLMENT_AMOUNT if offered else None


def in_full(text: str) -> bool:
    """Whether the words speak of all that is owed, paid at once."""
    return bool(_IN_FULL.search(plain(text)))


def ends_it(text: str) -> bool:
    """Whether a debtor wants no more of the talk."""
    return bool(_STOPS.search(plain(text)))


def inquiry(text: str) -> Inquiry | None:
    """What a creditor's words ask about; the first where they ask about several things."""
    parts = clauses(plain(text))
    for clause in parts.all:
        words = parts.sentence(clause, clause.start)
        if not _ASKS.search(words + parts.text[clause.end : clause.end + 2]):
            continue
        for kind, pattern in _ABOUT:
            if pattern.search(words):
                return kind
    return None


_ABOUT = (
    (Inquiry.EXPENSES, EXPENSES),
    (Inquiry.ASSETS, _ASSETS),
    (Inquiry.INCOME, INCOME),
    (Inquiry.REASON, _REASON),
)
