"""What a message does, by its words alone: takes the offer, refuses it, ends the talk; anything unsure is talk."""

from __future__ import annotations

import re

from data.messages.labels import Intent
from programs.reader.stated import cues
from programs.reader.stated.clauses import clauses

_ACCEPTS = cues.cue(
    r"i accept|accepted(?! by)|i agree|agreed|deal|its a deal|ill take it|i take it|i will take it|sounds good|works for me|that works|im in(?! (?:an?|the|my|our|this|that|no|some|such)\b)|sign me up|count me in|yes please|go ahead|lets do it|ok lets do|i can do that|fine by me|fine with me|happy with (?:that|it)|you have a deal|done deal",
    r"acept(?:o|amos)|estoy de acuerdo|de acuerdo|trato hecho|trato|me parece (?:bien|justo|perfecto)|hecho|cerramos|va que va|vale|dale|sale y vale|conforme|lo tomo|me sirve|asi quedamos|adelante|listo",
    r"我?同意|我?接受|成交|可以的|没问题|就这么(?:定|办)|行[,，。!！]?(?:就|那)|那就(?:这样|按)|按你们?(?:说的|的方案)|我?答应|说定了|好的?[,，]?就|没意见|就按",
)
_REFUSES = cues.cue(
    r"no|nope|nah|no way|i refuse|i cant (?:accept|agree|do (?:that|this|it))|i cannot (?:accept|agree|do (?:that|this|it))|not acceptable|i reject|rejected|too (?:much|high)|cant afford",
    r"no(?: puedo| acepto| me alcanza| estoy de acuerdo)?|ni hablar|imposible|rechazo|es (?:mucho|demasiado)|no gracias",
    r"不行|不接受|不同意|拒绝|没法接受|做不到|太(?:多|高|贵)|接受不了|免谈",
)
_LEAVES = cues.cue(
    r"good ?bye|bye|im done(?: here| talking| for (?:today|tonight|now))?|end (?:this|the) (?:chat|talk|conversation|negotiation)|im leaving|i leave|talk (?:tomorrow|later)|have to go|gotta go|good night|i quit|we are done|were done",
    r"adios|chau|chao|hasta luego|hasta manana|me voy|termino (?:la|esta) (?:platica|conversacion)|hasta aqui|buenas noches|aqui termina|ya me voy",
    r"再见|拜拜|不聊了|不谈了|先这样|到此为止|不说了|下次再(?:说|聊)|明天再(?:说|聊)",
)
_LIMITS = re.compile(
    r"\b(?:but|if|unless|only if|except|however|provided|when|once|pero|si|siempre y cuando|salvo|excepto|cuando)\b|但|不过|如果|要是|除非|只要|\?|？"
)
_ENDS = re.compile(r"^[\W_]+|[\W_]+$")
_PRELUDE = re.compile(
    r"^[\W_]*(?:(?:ok|okay|okey|yes|yeah|yep|fine|alright|well|so|then|and|si|bueno|pues|entonces|y|claro|sure|right|hi|hello|hola)\b[\W_]*|好的?吧?|行吧?|嗯|那)*"
)
_DENIES = re.compile(
    r"\b(?:not|nothing|dont|do not|cant|cannot|wont|never|no|ni|nunca|jamas|isnt|aint|rather|instead)\b|不(?!过|好意思)|没(?!问题|意见)|别|唔"
)


def restricted(plain_text: str) -> bool:
    """The message sets a condition, asks something, or denies something."""
    return _LIMITS.search(plain_text) is not None or any(_DENIES.search(words) for words in _clauses(plain_text))


def accepts(plain_text: str) -> bool:
    """The words say so in a clause without a denial, and the message sets no condition."""
    return not restricted(plain_text) and any(_begins(words) for words in _clauses(plain_text))


def accepts_in_so_many_words(plain_text: str) -> bool:
    """The message is an acceptance and nothing else ("adelante"): there is nothing else that it could be of."""
    return any(_ACCEPTS.fullmatch(_ENDS.sub("", words)) for words in _with_prelude_and_without(plain_text))


def _begins(words: str) -> bool:
    """The clause begins with the acceptance, so that it is the writer's: no "accepted by the court"."""
    found = (_ACCEPTS.search(one) for one in _with_prelude_and_without(words))
    return any(match is not None and match.start() <= 1 for match in found)


def _with_prelude_and_without(words: str) -> tuple[str, str]:
    """ "yes please" is an acceptance whole, "ok, deal" after its prelude."""
    return words, _PRELUDE.sub("", words)


def leaves(plain_text: str) -> bool:
    """The words say goodbye, or that this is the end of it."""
    return any(_LEAVES.search(words) for words in _clauses(plain_text))


def intent(plain_text: str) -> Intent:
    """Of the words alone; whether they make an offer is decided by their figures."""
    return Intent.ACCEPT if accepts(plain_text) else unless_accepted(plain_text)


def unless_accepted(plain_text: str) -> Intent:
    """The same where no acceptance is believed."""
    if leaves(plain_text):
        return Intent.LEAVE
    return Intent.REJECT if any(_REFUSES.search(words) for words in _clauses(plain_text)[:2]) else Intent.TALK


MOST_CLAUSES = 200


def _clauses(plain_text: str) -> list[str]:
    parts = clauses(plain_text)
    return [parts.words(one) for one in parts.all[:MOST_CLAUSES]]
