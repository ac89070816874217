"""The debtor's words: a phrase pack a language, and the filling of its slots.

A pack line is a small grammar, "(a|b) c": it stands for all its wordings, so that a model cannot key on a phrase.
Figures enter only through slots, from the move and the claims, so words and types cannot disagree.
"""

from __future__ import annotations

import itertools
import random
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from data.amounts import to_major
from data.circumstance import Circumstance
from data.dimensions import Dimension
from data.domain import Persona, Reason
from data.terms import Terms

PHRASES_FOLDER = Path(__file__).with_name("phrases")

Language = Literal["en", "es", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "es", "zh")

_HAN = re.compile(r"[\u4e00-\u9fff]")
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")


@dataclass(frozen=True)
class PhrasePack:
    """All wordings of one language: act or clause -> wordings with slots."""

    acts: Mapping[str, tuple[str, ...]]
    gains: Mapping[Dimension, tuple[str, ...]]
    reasons: Mapping[Reason, tuple[str, ...]]
    moods: Mapping[Persona, tuple[str, ...]]
    joiner: str
    """What stands between two sentences."""


@cache
def phrase_pack(language: Language) -> PhrasePack:
    """The pack of `language`, every line expanded to its wordings.

    Raises:
        ValueError: there is no such pack.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no phrase pack for language {language!r}; there are {', '.join(LANGUAGES)}")
    table = tomllib.loads((PHRASES_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    reasons, moods, gains = table.pop("reasons"), table.pop("mood"), table.pop("gain")
    by_dimension: dict[Dimension, list[str]] = {}
    for line in gains:
        wording, _, dimension = line.partition("@")
        by_dimension.setdefault(dimension, []).extend(wordings(wording))
    return PhrasePack(
        acts={act: tuple(w for line in lines for w in wordings(line)) for act, lines in table.items()},
        gains={dimension: tuple(lines) for dimension, lines in by_dimension.items()},
        reasons={Reason(reason): tuple(lines) for reason, lines in reasons.items()},
        moods={Persona(persona): tuple(lines) for persona, lines in moods.items()},
        joiner="" if language == "zh" else " ",
    )


def spoken_by(tag: str | None) -> Language:
    """The language in which somebody with this BCP 47 tag is played; English where there is no pack of it."""
    first = (tag or "").replace("_", "-").split("-")[0].lower()
    return next((language for language in LANGUAGES if language == first), "en")


def wordings(line: str) -> list[str]:
    """Every wording that a pack line stands for: "(a|b) c" -> ["a c", "b c"]."""
    parts = _CHOICE.split(line)
    options = [part.split("|") if index % 2 else [part] for index, part in enumerate(parts)]
    return ["".join(choice) for choice in itertools.product(*options)]


class Voice:
    """One debtor's way of speaking in one turn: picks wordings by a seeded generator and fills their slots."""

    def __init__(self, language: Language, rng: random.Random) -> None:
        self.pack = phrase_pack(language)
        self.rng = rng

    def say(
        self, act: str, terms: Terms | None = None, theirs: Terms | None = None, slots: Mapping[str, str] | None = None
    ) -> str:
        """One sentence of `act`.

        Args:
            act: the key in the pack.
            terms: fills {terms}, stated in full.
            theirs: the creditor's package, fills {their_discount} and the like.
            slots: further slots.
        """
        filling = dict(slots or {})
        if terms is not None:
            filling["terms"] = self._pick(self.pack.acts["terms"]).format(**_figures(terms))
        if theirs is not None:
            filling.update({f"their_{name}": figure for name, figure in _figures(theirs).items()})
        return _polished(self._pick(self.pack.acts[act]).format(**filling))

    def gain(self, dimension: Dimension, theirs: Terms) -> str:
        """A clause for what the creditor has just given in `dimension`."""
        return self._pick(self.pack.gains[dimension]).format(**_figures(theirs))

    def reason(self, reason: Reason) -> str:
        """A clause for why the debt fell overdue."""
        return self._pick(self.pack.reasons[reason])

    def mood(self, persona: Persona) -> str:
        """A short sentence in the persona's tone."""
        return self._pick(self.pack.moods[persona])

    def joined(self, sentences: list[str]) -> str:
        """One message of several sentences."""
        return self.pack.joiner.join(sentence for sentence in sentences if sentence)

    def _pick(self, options: tuple[str, ...]) -> str:
        return options[int(self.rng.random() * len(options))]


def spoken_amount(amount_minor: int, currency: str) -> str:
    """`600000, "CNY"` as `CNY 6,000`, and `600050` as `CNY 6,000.50`: exact, without empty decimals."""
    major = to_major(amount_minor, currency)
    return f"{currency} {major:,.0f}" if major == major.to_integral_value() else f"{currency} {major:,}"


def spoken_circumstance(told: Circumstance, currency: str) -> str:
    """A circumstance in its own words, as a sentence."""
    amount = "" if told.amount_minor is None else spoken_amount(told.amount_minor, currency)
    said = _polished(told.words.format(amount=amount, days=told.days))
    return said if said.endswith((".", "!", "?", "。", "！", "？")) else said + ("。" if _HAN.search(said) else ".")


def _figures(terms: Terms) -> dict[str, str]:
    return {
        "discount": f"{terms.discount_pct:g}",
        "first": f"{terms.immediate_payment_pct:g}",
        "days": str(terms.immediate_payment_days),
        "periods": str(terms.installment_periods),
    }


def _polished(sentence: str) -> str:
    """Upper-case the beginning of each sentence that a clause opens, and make one day singular."""
    sentence = re.sub(r"\b1 days\b", "1 day", sentence)
    sentence = re.sub(r"\b1 días\b", "1 día", sentence)
    return re.sub(r"(^|[.!?] )([a-z])", lambda match: match[1] + match[2].upper(), sentence)
