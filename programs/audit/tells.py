"""Tells: does a debtor give its persona away by something that no persona is meant to show?

A persona shows in what it does: how much it asks and concedes, how readily it answers, in what mood it speaks, and how
far its claims are from the truth (personas.toml, the phrases' moods). It must not show in the grain of a claim (last
digits, roundness) or in how the sentence with the figure is put (words, length): whatever learns from dialogues would
read the liar off it. A naive Bayes learner tries just that, out of fold, against labels shuffled among like claims.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.amounts import minor_digits
from data.domain import DebtCase, Turn

FOLDS = 5
SHUFFLES = 199
LEAST_CLAIMS = 8
"""Of a persona; of fewer nothing can be learned."""

_ROUND_TO = (10, 20, 50, 100, 200, 500, 1000, 5000)
_SENTENCES = re.compile(r"[^.!?\u3002\uff01\uff1f]+(?:[.,](?=\d)[^.!?\u3002\uff01\uff1f]+)*")
_WORD = re.compile(r"[a-z']+|[\u4e00-\u9fff]")


@dataclass(frozen=True)
class AuditedClaim:
    """One claim about money, as it can be looked at."""

    case_id: str
    persona: str
    kind: str
    """Of which amount, and with how many digits: personas may differ in those."""
    traits: frozenset[str]
    """Surface features that are true of it."""


@dataclass(frozen=True)
class Tell:
    """How well the learner tells the persona that it tells best."""

    persona: str
    auc: float
    """Chance that it ranks a claim of this persona above one of another; 0.5 is guessing."""
    p_value: float
    claims: int


def claims_told(case: DebtCase, persona: str, turns: Sequence[Turn]) -> list[AuditedClaim]:
    """The claims about money among a debtor's turns."""
    found = []
    for turn in turns:
        claims = turn.disclosed.model_dump(exclude_none=True, exclude={"reason"}) if turn.disclosed else {}
        for field, minor in claims.items():
            amount = minor / 10 ** minor_digits(case.debt.currency)
            kind = f"{field} {len(str(int(amount)))}"
            found.append(AuditedClaim(case.case_id, persona, kind, _grain(amount) | _wording(turn.dialogue, amount)))
    return found


def clearest_tell(told: Sequence[AuditedClaim], seed: int = 0) -> Tell | None:
    """The persona that a simple learner tells best, and the chance of telling it so well by luck.

    Returns:
        None where no two personas told enough to learn from.
    """
    personas = np.array([one.persona for one in told])
    names = [name for name in sorted(set(personas)) if (personas == name).sum() >= LEAST_CLAIMS]
    if len(names) < 2:
        return None
    design, folds = _design(told), _folds(told)
    areas = _areas(design, personas, names, folds)
    best = max(areas, key=lambda name: areas[name])
    luck = _shuffled_areas(design, personas, names, folds, [one.kind for one in told], seed)
    p_value = (1 + sum(one >= areas[best] - 1e-12 for one in luck)) / (1 + len(luck))
    return Tell(best, areas[best], p_value, len(told))


def _grain(amount: float) -> frozenset[str]:
    digits = f"{int(amount)}"
    figures = digits.rstrip("0")
    whole = {"whole" if amount == int(amount) else "with decimals"}
    return frozenset(
        whole
        | {f"last digit {digits[-1]}", f"last but one {digits[-2:-1]}", f"last figure {figures[-1:]}"}
        | {f"{len(figures)} figures"}
        | {f"multiple of {step}" for step in _ROUND_TO if amount % step == 0}
    )


def _wording(words: str, amount: float) -> frozenset[str]:
    """Words and length of the sentence that states the amount."""
    plain = f"{int(amount)}"
    sentence = next((s for s in _SENTENCES.findall(words) if plain in re.sub(r"[,\s]", "", s)), "")
    return frozenset({f"word {word}" for word in _WORD.findall(sentence.lower())} | {f"length {len(sentence) // 15}"})


def _design(told: Sequence[AuditedClaim]) -> NDArray[np.float64]:
    """(claims, features), 0 or 1, of the features that occur more than once."""
    names = sorted({name for one in told for name in one.traits})
    matrix = np.array([[name in one.traits for name in names] for one in told], dtype=np.float64)
    return matrix[:, matrix.sum(axis=0) > 1]


def _folds(told: Sequence[AuditedClaim]) -> NDArray[np.int64]:
    """A debtor's claims are all in one fold, or the learner would know the debtor again."""
    order = {case_id: n for n, case_id in enumerate(dict.fromkeys(one.case_id for one in told))}
    return np.array([order[one.case_id] % FOLDS for one in told])


def _areas(
    design: NDArray[np.float64], personas: NDArray[np.str_], names: Sequence[str], folds: NDArray[np.int64]
) -> dict[str, float]:
    """Out-of-fold AUC of each persona against the rest, Bernoulli naive Bayes with one example of each kind ahead."""
    found = {}
    for name in names:
        mine, scores = personas == name, np.zeros(len(personas))
        for fold in range(FOLDS):
            train, test = folds != fold, folds == fold
            yes, no = _chances(design[train & mine]), _chances(design[train & ~mine])
            scores[test] = design[test] @ (np.log(yes / no) - np.log((1 - yes) / (1 - no)))
        found[name] = _auc(scores, mine)
    return found


def _chances(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((rows.sum(axis=0) + 1) / (len(rows) + 2))


def _auc(scores: NDArray[np.float64], mine: NDArray[np.bool_]) -> float:
    above = scores[mine][:, None] - scores[~mine][None, :]
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def _shuffled_areas(
    design: NDArray[np.float64],
    personas: NDArray[np.str_],
    names: Sequence[str],
    folds: NDArray[np.int64],
    kinds: Sequence[str],
    seed: int,
) -> list[float]:
    """The best area of each shuffle of the personas among claims of one kind: what luck and size alone give."""
    rng, found = np.random.default_rng(seed), []
    groups = [np.flatnonzero(np.array(kinds) == kind) for kind in sorted(set(kinds))]
    for _ in range(SHUFFLES):
        shuffled = personas.copy()
        for group in groups:
            shuffled[group] = personas[rng.permutation(group)]
        found.append(max(_areas(design, shuffled, names, folds).values()))
    return found
