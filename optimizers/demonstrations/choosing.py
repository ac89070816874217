"""Turn-aware demonstrations: of good negotiations, the turns that cover the phases and gained most, under a budget."""

from __future__ import annotations

import difflib
import hashlib
import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dspy

from optimizers.demonstrations.answers import answered, hearings
from optimizers.demonstrations.labelled import labelled
from optimizers.demonstrations.turns import Demonstration, Phase, Recorded, demonstrations, play_training
from optimizers.dspy_bridge.dspy_student import plain
from optimizers.runs.task import LEAST_THRESHOLD, CompileTask
from programs.creditor.fingerprints import predictors
from programs.kinds.kind import Kind
from programs.kinds.known import kind_of
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.models.adapter import ADAPTER
from programs.reader.nearest import NearestPredict

BYTES_PER_TOKEN = 3.5
"""Of text without digits."""
NEAR_DUPLICATE = 0.9
"""Share of common words in order (difflib's ratio) from which two inputs teach the same."""
_PHASES: list[str] = list(Phase)

Chosen = dict[str, list[Demonstration]]
"""Demonstrations by predictor name, in the order of the prompt."""


class ForeignDemonstration(RuntimeError):
    """A demonstration that is not from a training debtor: a bug of ours that would spoil every later score."""


def gathered(task: CompileTask) -> list[Demonstration]:
    """All demonstrations that the task's training examples give: by their labels, or played and found good.

    Raises:
        Halted: see `optimizers.demonstrations.turns.play_training`.
    """
    known = labelled(task)
    if known:
        return known
    threshold, given = task.metric_threshold, task.threshold_given
    return good_ones(play_training(task), threshold, threshold_given=given, train=task.train, kind=task.kind)


def good_ones(
    played: Sequence[Recorded],
    threshold: float,
    *,
    threshold_given: bool,
    train: Sequence[Any],
    kind: Kind = NEGOTIATIONS,
) -> list[Demonstration]:
    """All demonstrations of the negotiations at or above `threshold`.

    Where none reaches a threshold of our own choice the best one serves, unless it is below `LEAST_THRESHOLD`. Of a
    kind with labels all serve, since the labels say what would have been right.

    Raises:
        ForeignDemonstration: a negotiation is not with one of `train`.
    """
    best = max((one.objective for one in played), default=0.0)
    if not threshold_given and LEAST_THRESHOLD <= best < threshold:
        threshold = best
    if kind is NEGOTIATIONS:
        found = [made for one in played if one.objective >= threshold for made in demonstrations(one)]
        found += [made for one in played for made in hearings(one)]
    else:
        least = threshold if threshold_given else None
        found = [made for one in played for made in answered(one, kind, threshold, own_from=least)]
    require_training(found, train, kind)
    return found


def choose(
    candidates: Iterable[Demonstration],
    program: Any,
    *,
    max_demos: int,
    token_budget: int,
) -> Chosen:
    """For each predictor but the judge the demonstrations to show it; the same whatever the order of `candidates`.

    One after another is taken, each time from the phase that has the fewest so far; within it those with a choice and a
    debtor not shown yet come first, then the worthiest (`Demonstration.worth`), then by case id. One whose inputs
    nearly repeat a chosen one's, or that no longer fits the budget, is passed over: inputs are kept whole. A predictor
    that chooses for itself what to show to each input (`programs.reader.nearest`) is given all, in the order of ids.

    Args:
        candidates: from training debtors only.
        program: whose predictors they are for.
        max_demos: per predictor at most.
        token_budget: `estimated_tokens` of one predictor's demonstrations at most.
    """
    pool, kind, found = list(candidates), kind_of(program), {}
    for name in taught(program):
        predictor, own = predictors(program)[name], [made for made in pool if made.predictor == name]
        if _chooses_itself(predictor):
            found[name] = sorted(own, key=lambda made: (made.case_id, made.number))
        else:
            most = kind.most_demos(name, max_demos)
            found[name] = _in_order(_covering(own, predictor.signature, most, token_budget))
    return found


def _chooses_itself(predictor: dspy.Predict) -> bool:
    return isinstance(predictor, NearestPredict) and predictor.shown > 0


def taught(program: Any) -> list[str]:
    """The predictors of `program` that are given demonstrations."""
    return kind_of(program).taught(predictors(program))


def with_demos(program: Any, chosen: Chosen, train: Sequence[Any]) -> Any:
    """A copy of `program`, ready to be played and saved, that shows `chosen` and no other demonstrations.

    Raises:
        ForeignDemonstration: one is not from a debtor of `train`.
    """
    require_training((made for some in chosen.values() for made in some), train, kind_of(program))
    copy = plain(program)
    for name in taught(copy):
        predictors(copy)[name].demos = [made.example for made in chosen.get(name, [])]
    return plain(copy)


def require_training(found: Iterable[Demonstration], train: Sequence[Any], kind: Kind = NEGOTIATIONS) -> None:
    """Check that every demonstration is about a training debtor, by its id and by the account in its inputs, where
    they hold one.

    Of another kind: by what `Kind.told_by` names.

    Raises:
        ForeignDemonstration: names the first that is not.
    """
    told = {case.case_id: kind.told_by(case) for case in train}
    for made in found:
        field, value = told.get(made.case_id, ("", None))
        if value is None or made.example.get(field, value) != value:
            raise ForeignDemonstration(
                f"a demonstration for {made.predictor} is about {made.case_id}, who is no training "
                f"{kind.words.example} of this run"
            )


def estimated_tokens(signature: type[dspy.Signature], example: dspy.Example) -> int:
    """About how many prompt tokens `example` takes as a demonstration: one a digit, else one per 3.5 bytes of UTF-8.

    A rule instead of a tokenizer, so that the same compile chooses the same with every model. On 109 creditor turns of
    the embedded model it is 4 to 7 % above tiktoken's cl100k with a token a digit, which is how Qwen reads figures.
    """
    text = "\n".join(message["content"] for message in ADAPTER.format_demos(signature, [dict(example)]))
    rest = re.sub(r"\d", "", text)
    return len(text) - len(rest) + math.ceil(len(rest.encode()) / BYTES_PER_TOKEN)


def drawn(
    candidates: Sequence[Demonstration],
    program: Any,
    *,
    max_demos: int,
    token_budget: int,
    sets: int,
    seed: int,
) -> list[Chosen]:
    """Up to `sets` different choices, the full one first, then from random parts of the negotiations and phases.

    Of phases all where predictors choose for themselves: without the others near ones of a wrong phase would be shown.

    Args:
        candidates, program, max_demos, token_budget: as for `choose`; a random set has 1 to `max_demos` a predictor.
        sets: wanted; fewer where there are not so many different ones.
        seed: of the draws.
    """
    rng = random.Random(f"demo sets {seed}")
    ids = sorted({made.case_id for made in candidates})
    order = _phases(made.phase for made in candidates)
    whole = all(_chooses_itself(predictors(program)[name]) for name in taught(program))
    found: dict[frozenset[tuple[str, str, int]], Chosen] = {}
    limits = {"max_demos": max_demos, "token_budget": token_budget}
    _add(found, choose(candidates, program, **limits))
    for _ in range(20 * sets if ids else 0):
        if len(found) >= sets:
            break
        kept = set(rng.sample(ids, rng.randint(math.ceil(len(ids) / 2), len(ids))))
        phases = set(order if whole else rng.sample(order, rng.randint(1, len(order))))
        part = [made for made in candidates if made.case_id in kept and made.phase in phases]
        _add(found, choose(part, program, **{**limits, "max_demos": rng.randint(1, max_demos)}))
    return list(found.values())


def described(chosen: Mapping[str, Sequence[Demonstration]]) -> str:
    """How many demonstrations of which phase, in words."""
    phases = Counter(made.phase for some in chosen.values() for made in some)
    if not phases:
        return "no demonstrations"
    return "demonstrations: " + ", ".join(f"{phases[phase]} {phase}" for phase in _phases(phases) if phases[phase])


def _covering(
    pool: list[Demonstration], signature: type[dspy.Signature], max_demos: int, token_budget: int
) -> list[Demonstration]:
    chosen: list[Demonstration] = []
    left = token_budget
    while pool and len(chosen) < max_demos:
        next_best = min(pool, key=lambda made: _rank(made, chosen))
        pool.remove(next_best)
        tokens = estimated_tokens(signature, next_best.example)
        if tokens <= left and not any(_alike(next_best, other, signature) for other in chosen):
            chosen.append(next_best)
            left -= tokens
    return chosen


def _rank(made: Demonstration, chosen: Sequence[Demonstration]) -> tuple[object, ...]:
    phases = sum(other.phase == made.phase for other in chosen)
    seen = sum((other.choice == made.choice) + (other.case_id == made.case_id) for other in chosen)
    return phases, seen, -made.worth, made.case_id, made.number


def _alike(a: Demonstration, b: Demonstration, signature: type[dspy.Signature]) -> bool:
    first, second = (" ".join(str(d.example[name]) for name in signature.input_fields).split() for d in (a, b))
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio() >= NEAR_DUPLICATE


def _in_order(chosen: Sequence[Demonstration]) -> list[Demonstration]:
    """In the order of a negotiation; where there is none, mixed.

    A small model says what the last demonstrations said: with the signals of a reader at the end (which is where the
    alphabet had put four of them) it found some in eight harmless messages of ten.
    """
    if any(made.phase not in _PHASES for made in chosen):
        return sorted(chosen, key=lambda made: hashlib.sha256(made.case_id.encode()).digest())
    return sorted(chosen, key=lambda made: (_PHASES.index(made.phase), made.case_id, made.number))


def _phases(found: Iterable[str]) -> list[str]:
    """The phases of a negotiation in their order; of another kind what was found, in the order of the alphabet."""
    known = set(found)
    return sorted(known) if known - set(_PHASES) else _PHASES


def _add(found: dict[frozenset[tuple[str, str, int]], Chosen], chosen: Chosen) -> None:
    """Keep a set that has something in it and is not there yet."""
    key = frozenset((made.predictor, made.case_id, made.number) for some in chosen.values() for made in some)
    if key:
        found.setdefault(key, chosen)
