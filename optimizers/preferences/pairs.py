"""Which of two turns at one table is to be preferred: two decisions in the same words, the better one by a margin.

Where the student decided worse than it could have, its own reply is rejected, and the same reply with the best decision
chosen (a correction). Where it decided best itself, its own reply is chosen, and the same reply with a worse decision
rejected (a contrast): so the student's own hand stands on both sides. Contrasts of another kind of move that is nearly
as good as the best are there for balance: an acceptance that costs next to nothing is to stay likelier than a gift.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated, Literal

from pydantic import Field

from data.frozen import Frozen
from optimizers.preferences.sampling import Candidate, Player, Source, TableCandidates
from optimizers.preferences.student import Message

_ROUNDING = 1e-9
AS_GOOD = 0.005
"""What is no further than this below the best is as good, and the student's own move is then the best."""
NEARLY = 0.02
"""Likewise for the best of another kind of move, which is then held up in contrasts."""


class PairRules(Frozen):
    """What makes a pair."""

    threshold: Annotated[float, Field(ge=0, le=1)] = 0.4
    """Objective from which a negotiation may be held up as an example. The oracle reaches 0.6 to 0.8 where a plan that
    can be kept exists; a negotiation without an agreement stays under 0.1."""
    margin: Annotated[float, Field(gt=0, le=1)] = 0.05
    """By how much what is rejected falls short of what is chosen, mean over the debtor seeds."""
    ahead: Annotated[float, Field(gt=0, le=1)] = 0.75
    """Share of the debtor seeds with each of which the chosen is ahead."""
    contrasts: Annotated[int, Field(ge=0, le=64)] = 2
    """Worse decisions a reply at most, in words whose own decision was the best."""
    balance: Annotated[float, Field(ge=1)] = 2.0
    """Of two kinds of moves the one is chosen over the other at most so many times as often as the other over it."""


class Pair(Frozen):
    """One preference, with where it is from."""

    prompt: tuple[Message, ...]
    chosen: str
    """The student's reply to prefer, its JSON text."""
    rejected: str
    case_id: str
    seed: int
    round: int
    played_by: Player
    kind: Literal["correction", "contrast"]
    chosen_objective: float
    rejected_objective: float
    chosen_source: Source
    rejected_source: Source
    chosen_choice: str
    """ask, accept or reject."""
    rejected_choice: str

    @property
    def margin(self) -> float:
        """Objective of the chosen less that of the rejected."""
        return self.chosen_objective - self.rejected_objective


class Example(Frozen):
    """A reply worth imitating, with where it is from."""

    prompt: tuple[Message, ...]
    reply: str
    """The student's, its JSON text: as it wrote it, or with the best decision in it."""
    case_id: str
    seed: int
    round: int
    played_by: Player
    source: Source
    choice: str
    objective: float


def pairs_at(table: TableCandidates, rules: PairRules) -> list[Pair]:
    """The pairs of one table; none where nothing passes, or everything that does is about as good."""
    return [pair for one in _by_words(table) for pair in _pairs_in(table, one, rules)]


def examples_at(table: TableCandidates, rules: PairRules) -> list[Example]:
    """What is worth imitating at a table: for each of the student's replies the best decision in its words."""
    found = [best for one in _by_words(table) if (best := _best(one, rules)) is not None]
    return [
        Example(
            prompt=table.prompt,
            reply=best.reply,
            case_id=table.case_id,
            seed=table.seed,
            round=table.round,
            played_by=table.played_by,
            source=best.source,
            choice=best.choice,
            objective=best.objective,
        )
        for best in found
    ]


def balanced(pairs: Sequence[Pair], most: float) -> list[Pair]:
    """`pairs` without the surplus of one kind of move over another; those with the largest margins stay.

    So the kind of a move alone tells nothing of which side it is on: where a student accepts too early, "never accept"
    would otherwise be learned. A kind that is never preferred to another keeps no more than `most` pairs over it.
    """
    flows = Counter((pair.chosen_choice, pair.rejected_choice) for pair in pairs)
    room = {(a, b): flows[a, b] if a == b else max(1, int(most * max(1, flows[b, a]))) for a, b in flows}
    kept: set[int] = set()
    for index in sorted(range(len(pairs)), key=lambda n: -pairs[n].margin):
        flow = pairs[index].chosen_choice, pairs[index].rejected_choice
        if room[flow] > 0:
            room[flow] -= 1
            kept.add(index)
    return [pair for index, pair in enumerate(pairs) if index in kept]


def _by_words(table: TableCandidates) -> Iterator[list[Candidate]]:
    for _, some in groupby(table.candidates, key=lambda one: one.words):
        yield list(some)


def _best(candidates: Sequence[Candidate], rules: PairRules) -> Candidate | None:
    passing = [one for one in candidates if one.clean and one.objective >= rules.threshold]
    if not passing:
        return None
    top = max(one.objective for one in passing)
    as_good = [one for one in passing if one.objective >= top - AS_GOOD]
    return next((one for one in as_good if one.raw), max(as_good, key=lambda one: one.objective))


def _pairs_in(table: TableCandidates, candidates: Sequence[Candidate], rules: PairRules) -> Iterator[Pair]:
    """The pairs of candidates with the same words."""
    best = _best(candidates, rules)
    if best is None:
        return
    if not best.raw:
        yield from (_pair(table, "correction", best, one) for one in candidates if one.raw and _ahead(best, one, rules))
    for top in ([best] if best.raw else []) + _other_tops(candidates, best, rules):
        yield from (
            _pair(table, "contrast", top, one) for one in _nearest_short(candidates, top, rules, of_any=top is best)
        )


def _other_tops(candidates: Sequence[Candidate], best: Candidate, rules: PairRules) -> list[Candidate]:
    """Of each other kind of move the best one, where it is nearly as good."""
    tops: dict[str, Candidate] = {}
    for one in sorted(candidates, key=lambda one: -one.objective):
        if one.clean and one.objective >= max(rules.threshold, best.objective - NEARLY):
            tops.setdefault(one.choice, one)
    return [one for choice, one in tops.items() if choice != best.choice]


def _nearest_short(
    candidates: Sequence[Candidate], top: Candidate, rules: PairRules, *, of_any: bool
) -> list[Candidate]:
    """Of each kind of move the one that falls short but is hardest to tell from `top`; its own kind too if `of_any`."""
    nearest: dict[str, Candidate] = {}
    for one in sorted(candidates, key=lambda one: -one.objective):
        if _ahead(top, one, rules) and (of_any or one.choice != top.choice):
            nearest.setdefault(one.choice, one)
    return list(nearest.values())[: rules.contrasts]


def _ahead(best: Candidate, other: Candidate, rules: PairRules) -> bool:
    wins = sum(a > b for a, b in zip(best.by_seed, other.by_seed, strict=True))
    return best.objective - other.objective >= rules.margin - _ROUNDING and wins >= rules.ahead * len(best.by_seed)


def _pair(
    table: TableCandidates, kind: Literal["correction", "contrast"], chosen: Candidate, rejected: Candidate
) -> Pair:
    return Pair(
        prompt=table.prompt,
        chosen=chosen.reply,
        rejected=rejected.reply,
        case_id=table.case_id,
        seed=table.seed,
        round=table.round,
        played_by=table.played_by,
        kind=kind,
        chosen_objective=chosen.objective,
        rejected_objective=rejected.objective,
        chosen_source=chosen.source,
        rejected_source=rejected.source,
        chosen_choice=chosen.choice,
        rejected_choice=rejected.choice,
    )
