"""Are the labels right, and about the decision alone? Both sides played against debtors that no label was made with,
and a classifier that is shown words, not decisions.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from data.domain import DebtCase, Turn
from data.frozen import Frozen
from optimizers.preferences.field_swap import read_reply
from optimizers.preferences.pairs import Pair
from optimizers.preferences.rollouts import Rollouts, confirming_seeds
from optimizers.preferences.sampling import TableCandidates

CONFIRMING = 4
"""Debtor seeds that a pair is checked with."""
FOLDS = 5
FEWEST_DEBTORS = 10
"""For a classifier that is tried on others."""


class Confirmed(Frozen):
    """How many labels hold against other debtors of the same case."""

    tables: int
    share: Annotated[float, Field(ge=0, le=1)]
    """Of the tables, those whose chosen move is ahead of the rejected one, mean over the other debtor seeds."""
    mean_advantage: float
    """In the objective, with those seeds."""


def confirmed(
    pairs: Sequence[Pair],
    tables: Sequence[TableCandidates],
    cases: Mapping[str, DebtCase],
    rollouts: Rollouts,
    most_tables: int | None = None,
) -> Confirmed | None:
    """Play the first pair of each table again, with debtor seeds that were not used; None without a pair.

    Args:
        pairs: to be checked.
        tables: that they are from.
        cases: the debtors, by id.
        rollouts: as the labels were made.
        most_tables: how many are looked at, in order; None for all.
    """
    known = {_key(table): table for table in tables}
    first: dict[tuple[str, int, int, str], Pair] = {}
    for pair in pairs:
        first.setdefault(_key(pair), pair)
    found = [
        _advantage(pair, known[key], cases[pair.case_id], rollouts) for key, pair in list(first.items())[:most_tables]
    ]
    if not found:
        return None
    return Confirmed(
        tables=len(found), share=sum(one > 0 for one in found) / len(found), mean_advantage=statistics.fmean(found)
    )


def told_apart_by_words(pairs: Sequence[Pair]) -> float | None:
    """How often a classifier of the words alone says which side of an unseen debtor's pair was chosen; 0.5 is chance.

    Logistic regression on the character n-grams of thoughts and message; each pair is judged by the difference of its
    sides, so equal words are a coin that falls half each way. None without scikit-learn, or with too few debtors.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GroupKFold
    except ImportError:
        return None
    debtors = [pair.case_id for pair in pairs]
    if len(set(debtors)) < FEWEST_DEBTORS:
        return None
    sides = [(_words(pair.chosen), _words(pair.rejected)) for pair in pairs]
    right = 0.0
    for train, test in GroupKFold(FOLDS).split(sides, groups=debtors):
        shown = [text for index in train for text in sides[index]]
        features = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=2)
        fitted = LogisticRegression(max_iter=300).fit(features.fit_transform(shown), [1, 0] * len(train))
        for index in test:
            chosen, rejected = fitted.decision_function(features.transform(sides[index]))
            right += 0.5 if chosen == rejected else float(chosen > rejected)
    return right / len(pairs)


def _advantage(pair: Pair, table: TableCandidates, case: DebtCase, rollouts: Rollouts) -> float:
    turns = [_turn(table, reply) for reply in (pair.chosen, pair.rejected)]
    chosen, rejected = rollouts.worths(case, table.said, turns, confirming_seeds(pair.seed, CONFIRMING))
    return chosen.mean - rejected.mean


def _turn(table: TableCandidates, reply: str) -> Turn:
    return next(one.turn for one in table.candidates if one.reply == reply)


def _words(reply: str) -> str:
    turn = read_reply(reply)
    return f"{turn.thoughts}\n{turn.message}" if turn is not None else ""  # a pick has no words


def _key(one: Pair | TableCandidates) -> tuple[str, int, int, str]:
    return one.case_id, one.seed, one.round, one.played_by
