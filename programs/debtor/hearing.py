"""What a debtor hears in a creditor's turn: the move against the last one, and the tone and questions of the words.

Deliberately shallow (cues, English, Spanish and Chinese): a simulated debtor must react to what was said, not
understand it.
Nothing here can change what the debtor can afford, so no wording buys an agreement that it could not carry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from data.dimensions import Dimension
from data.domain import Inquiry, Speaker, Turn
from data.steps import steps
from data.terms import Terms
from programs.debtor.affordability import relief
from programs.debtor.personas import Traits

MAX_CHARS = 2000
"""Longer messages are heard only this far: nobody listens on, and no pattern can be made slow."""

_THREAT = re.compile(
    r"\b(?:sue|suing|lawsuit|court|legal action|prosecut\w+|police|arrest\w*|jail|prison|seiz\w+|garnish\w*|"
    r"bailiff\w*|blacklist\w*|repossess\w*|evict\w*|your (?:employer|boss|family|neighbou?rs)|or else|"
    r"(?:serious|severe|legal) consequences|regret (?:this|it)|last warning|final warning)\b"
    r"|\b(?:demandar\w*|demanda judicial|juzgado|tribunales|acciones? legal(?:es)?|v[ií]a judicial|polic[ií]a|"
    r"c[aá]rcel|prisi[oó]n|embarg(?:ar\w*|aremos|ar[aá]n)|desaloj\w+|lista negra|"
    r"(?:a|con) su (?:jefe|empleador|familia)|(?:graves|serias) consecuencias|se va a arrepentir|"
    r"[uú]ltim[ao] (?:aviso|advertencia))\b"
    r"|起诉|法院|诉讼|报警|警察|坐牢|查封|冻结|强制执行|黑名单|通知你的(?:单位|家人|亲友)|后果自负|严重后果|最后警告",
    re.IGNORECASE,
)
_INSULT = re.compile(
    r"\b(?:liar|lying|thief|cheat\w*|deadbeat|pathetic|stupid|idiot|shame on you|disgrac\w+|ashamed|lazy|"
    r"irresponsible)\b"
    r"|\b(?:mentiros[oa]|ladr[oó]n|ladrona|estafador\w*|pat[eé]tic[oa]|est[uú]pid[oa]|idiota|"
    r"sinverg[uü]enza|deber[ií]a dar(?:le|te) verg[uü]enza|vag[oa]|irresponsable)\b"
    r"|骗子|无赖|老赖|可耻|丢人|不要脸|废物|懒",
    re.IGNORECASE,
)
_ULTIMATUM = re.compile(
    r"\b(?:take it or leave it|final offer|last offer|best and final|not negotiable|non-negotiable|no more room|"
    r"cannot go any (?:lower|further))\b"
    r"|\b(?:lo toma o lo deja|t[oó]melo o d[eé]jelo|oferta (?:final|definitiva)|[uú]ltima oferta|no es negociable|"
    r"no hay m[aá]s margen|no (?:puedo|podemos) (?:bajar|ceder) m[aá]s)\b"
    r"|最后(?:的)?(?:报价|方案|条件)|不能再(?:让|低)|没有商量|没得商量",
    re.IGNORECASE,
)
_EMPATHY = re.compile(
    r"\b(?:i understand|we understand|i hear you|i see (?:that|how)|sorry to hear|i'?m sorry|i appreciate|"
    r"we appreciate|thank you for|thanks for|(?:that|this) (?:must be|sounds) (?:hard|difficult|tough)|"
    r"difficult (?:time|situation)|i want to help|work (?:this out|something out|it out)|take your situation)\b"
    r"|\b(?:entiendo|entendemos|comprendo|comprendemos|lamento|lamentamos|lo siento|le agradezco|se lo agradezco|"
    r"gracias por|debe (?:de )?ser (?:duro|dif[ií]cil)|momento dif[ií]cil|situaci[oó]n dif[ií]cil|quiero ayudarle)\b"
    r"|理解|明白你|明白您|感谢|谢谢|抱歉|不容易|体谅|为难|帮(?:你|您)",
    re.IGNORECASE,
)
_QUESTIONS: dict[Inquiry, re.Pattern[str]] = {
    Inquiry.INCOME: re.compile(
        r"\b(?:income|salary|wages?|earn(?:ings)?|pay ?cheque|take[- ]home"
        r"|ingresos?|sueldo|salario|gana (?:usted|al mes))\b|收入|工资|月薪|薪",
        re.IGNORECASE,
    ),
    Inquiry.EXPENSES: re.compile(
        r"\b(?:expenses?|living costs?|spend(?:ing)?|rent|outgoings|bills"
        r"|gastos?|gasta|renta|alquiler)\b|支出|开销|开支|花费|房租",
        re.IGNORECASE,
    ),
    Inquiry.ASSETS: re.compile(
        r"\b(?:savings?|assets?|put aside|set aside|reserves?|cash (?:do|at|on)|draw on"
        r"|ahorros?|ahorrado|activos)\b|存款|积蓄|资产|手头",
        re.IGNORECASE,
    ),
    Inquiry.REASON: re.compile(
        r"\b(?:what happened|why (?:did|have|were|are|is)|the reason|what (?:made|caused|led)|your situation"
        r"|qu[eé] (?:le )?(?:pas[oó]|ocurri[oó]|sucedi[oó])|por qu[eé] (?:se|no|dej[oó])"
        r"|a qu[eé] se debe|el motivo|la raz[oó]n|su situaci[oó]n)\b"
        r"|为什么|什么原因|怎么回事|发生了什么|什么情况",
        re.IGNORECASE,
    ),
}
_SENTENCE_END = re.compile("(?<=[.!?\u3002\uff01\uff1f])\\s*")


@dataclass(frozen=True, slots=True)
class Tone:
    """What the words alone carry."""

    threat: bool
    insult: bool
    ultimatum: bool
    empathy: bool
    question: Inquiry | None


@lru_cache(maxsize=65536)
def tone(text: str) -> Tone:
    """Cues in a creditor's words."""
    text = text[:MAX_CHARS]
    return Tone(
        threat=bool(_THREAT.search(text)),
        insult=bool(_INSULT.search(text)),
        ultimatum=bool(_ULTIMATUM.search(text)),
        empathy=bool(_EMPATHY.search(text)),
        question=_question(text),
    )


def _question(text: str) -> Inquiry | None:
    if "?" not in text and "\uff1f" not in text:
        return None
    for sentence in _SENTENCE_END.split(text):
        if sentence.rstrip().endswith(("?", "\uff1f")):
            for inquiry, cue in _QUESTIONS.items():
                if cue.search(sentence):
                    return inquiry
    return None


@dataclass(frozen=True, slots=True)
class Heard:
    """One creditor turn as the debtor takes it."""

    offer: Terms | None
    """The creditor's standing package after the turn."""
    better: tuple[Dimension, ...]
    """Dimensions in which the turn gave the debtor more than before."""
    gained: float
    """Relief won by the turn, in the debtor's own scale; negative when something was taken back."""
    stuck: bool
    """The creditor repeated itself or rejected."""
    question: Inquiry | None
    repeated_question: bool
    tone: Tone

    @property
    def hurt(self) -> bool:
        """Threatened or insulted."""
        return self.tone.threat or self.tone.insult


def hear(turns: tuple[Turn, ...], traits: Traits) -> tuple[Heard, ...]:
    """Every creditor turn of the dialogue, oldest first, each against what came before it."""
    heard: list[Heard] = []
    asked: set[Inquiry] = set()
    for step in steps(turns):
        turn, before, offer = step.turn, step.own.standing, step.after
        if turn.speaker is not Speaker.CREDITOR:
            continue
        words = tone(turn.dialogue)
        question = turn.inquiry or words.question
        gained = relief(offer, traits) - relief(before, traits) if offer and before else 0.0
        heard.append(
            Heard(
                offer=offer,
                better=offer.softer_in(before) if offer and before else (),
                gained=gained,
                stuck=before is not None and offer == before,
                question=question,
                repeated_question=question in asked,
                tone=words,
            )
        )
        if question is not None:
            asked.add(question)
    return tuple(heard)
