"""The card of a file of pairs: what it holds, what it was made with, how far its sides are apart."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from data.frozen import Frozen
from optimizers.preferences.card.label_checks import CONFIRMING, Confirmed
from optimizers.preferences.field_swap import read_reply
from optimizers.preferences.pairs import Pair, PairRules
from optimizers.preferences.run import PreferenceConfig, SampledNegotiation
from plumbing.clock import utc_now
from programs.models.accounts import Cost

BINS = 8
QUANTILES = (0, 0.25, 0.5, 0.75, 1)
WIDTH = 40


class Margins(Frozen):
    """How the margins of the pairs are spread."""

    quantiles: dict[str, float]
    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class PairsChecked:
    """What is known of the pairs beside themselves."""

    pairs_sha256: str
    """Of the file of pairs."""
    dropped_for_balance: int
    confirmed: Confirmed | None
    told_apart_by_words: float | None
    examples: int


class PairsCard(Frozen):
    """What a file of pairs is, machine-readable; `text` is the same to read."""

    created: str
    pairs_sha256: str
    """Of the file of pairs."""
    config: PreferenceConfig
    rules: PairRules
    book: str
    negotiations: int
    tables: int
    tables_with_pairs: int
    candidates: dict[str, int]
    """By source."""
    unclean: int
    """Candidates that may not be chosen: not sound (limits, concessions, figures, conduct), or without own words."""
    mean_objective: dict[str, float]
    """Of the candidates, by source."""
    pairs: int
    debtors: int
    """Debtors with a pair."""
    dropped_for_balance: int
    corrections: int
    """Pairs whose rejected reply is the student's own; in the others the chosen one is."""
    firmer_chosen: float | None
    """Of the pairs whose sides both offer, the share whose chosen offer is nowhere softer than the rejected one."""
    chosen_sources: dict[str, int]
    rejected_sources: dict[str, int]
    chosen_choices: dict[str, int]
    """ask, accept or reject."""
    rejected_choices: dict[str, int]
    margins: Margins | None
    """None without a pair."""
    confirmed: Confirmed | None
    """The labels held against debtors that they were not made with; None without a pair."""
    told_apart_by_words: float | None
    """How often words alone tell an unseen debtor's chosen side, 0.5 being chance; None where that was not tried."""
    examples: int
    """Replies worth imitating."""
    cost: dict[str, Any] = Field(default_factory=dict)
    """Calls, tokens and money of the sampling, over all its sessions."""
    halted: str | None = None
    """Why it was ended early."""


def card_of(
    config: PreferenceConfig,
    rules: PairRules,
    book: str,
    negotiations: Sequence[SampledNegotiation],
    pairs: Sequence[Pair],
    checked: PairsChecked,
    cost: Cost,
    halted: str | None,
) -> PairsCard:
    """The card of `pairs`, which were made of `negotiations`."""
    tables = [table for one in negotiations for table in one.tables]
    candidates = [one for table in tables for one in table.candidates]
    by_source = {one.source: [c.objective for c in candidates if c.source == one.source] for one in candidates}
    return PairsCard(
        created=utc_now(),
        pairs_sha256=checked.pairs_sha256,
        config=config,
        rules=rules,
        book=book,
        negotiations=len(negotiations),
        tables=len(tables),
        tables_with_pairs=len({(pair.case_id, pair.seed, pair.round) for pair in pairs}),
        candidates={source: len(values) for source, values in by_source.items()},
        dropped_for_balance=checked.dropped_for_balance,
        corrections=sum(pair.kind == "correction" for pair in pairs),
        firmer_chosen=_firmer(pairs),
        unclean=sum(not one.clean for one in candidates),
        mean_objective={source: statistics.fmean(values) for source, values in by_source.items()},
        pairs=len(pairs),
        debtors=len({pair.case_id for pair in pairs}),
        chosen_sources=_counted(pair.chosen_source for pair in pairs),
        rejected_sources=_counted(pair.rejected_source for pair in pairs),
        chosen_choices=_counted(pair.chosen_choice for pair in pairs),
        rejected_choices=_counted(pair.rejected_choice for pair in pairs),
        margins=_margins([pair.margin for pair in pairs]) if pairs else None,
        confirmed=checked.confirmed,
        told_apart_by_words=checked.told_apart_by_words,
        examples=checked.examples,
        cost=asdict(cost),
        halted=halted,
    )


def text(card: PairsCard) -> str:
    """The card as Markdown."""
    plan = card.config.plan
    lines = [
        "# Preference pairs",
        "",
        f"Made {card.created} of what {card.config.student} on {_model(card.config.student_lm)} wrote, beside "
        f"`{card.config.teacher}` (program {card.config.teacher_sha256[:12]}), with training debtors of "
        f"{Path(card.book).name} (book {card.config.book_sha256[:12]}), seed {card.config.seed}.",
        *([f"\nStopped early: {card.halted}."] if card.halted else []),
        "",
        f"- {card.negotiations} debtors, {card.tables} tables, {card.tables_with_pairs} of them with a pair",
        f"- candidates: {_listed(card.candidates)}; {card.unclean} may not be chosen",
        f"- mean objective: {_listed({k: f'{v:.3f}' for k, v in card.mean_objective.items()})}",
        f"- {card.pairs} pairs from {card.debtors} debtors ({card.corrections} correct the student's own reply, the "
        f"others hold it up), {card.dropped_for_balance} more left out for balance; chosen from objective "
        f"{card.rules.threshold:g} on, rejected where {card.rules.margin:g} or more below",
        f"- chosen: {_listed(card.chosen_sources)}; moves: {_listed(card.chosen_choices)}",
        f"- rejected: {_listed(card.rejected_sources)}; moves: {_listed(card.rejected_choices)}",
        *_check_lines(card),
        f"- {card.examples} replies worth imitating",
        f"- at most {plan.turns} tables of the student's negotiation and {plan.teacher_turns} of the teacher's, "
        f"{plan.student_samples} samples at temperature {plan.temperature:g}; `{plan.plays_on}` plays on against "
        f"{plan.debtor_seeds} debtor seeds",
        f"- {card.cost.get('calls', 0)} calls paid; file SHA-256 {card.pairs_sha256[:12]}",
    ]
    if card.margins is not None:
        lines += [
            "",
            "Margins (objective of the chosen less that of the rejected):",
            "",
            "```",
            *_bars(card.margins),
            "```",
        ]
    return "\n".join(lines) + "\n"


def _margins(values: Sequence[float]) -> Margins:
    counts, edges = np.histogram(values, bins=BINS)
    return Margins(
        quantiles={f"{share:g}": float(np.quantile(values, share)) for share in QUANTILES},
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
    )


def _bars(margins: Margins) -> list[str]:
    most = max(margins.counts)
    rows = zip(margins.edges, margins.edges[1:], margins.counts, strict=False)
    bars = [f"{low:.2f} to {high:.2f}  {'#' * round(WIDTH * n / most):<{WIDTH}} {n}" for low, high, n in rows]
    return [*bars, "quantiles  " + "  ".join(f"{share}: {value:.3f}" for share, value in margins.quantiles.items())]


def _model(lm_id: str) -> str:
    """The model's name out of `programs.playing.played_store.lm_id`."""
    return f"`{json.loads(lm_id)[0]}`"


def _check_lines(card: PairsCard) -> list[str]:
    lines = []
    if (found := card.confirmed) is not None:
        lines.append(
            f"- against {CONFIRMING} other debtor seeds the chosen move is ahead at {found.share:.1%} of "
            f"{found.tables} tables, by {found.mean_advantage:.3f} on average"
        )
    if card.firmer_chosen is not None:
        lines.append(f"- where both sides offer, the chosen offer is nowhere softer in {card.firmer_chosen:.0%}")
    if card.told_apart_by_words is not None:
        lines.append(
            f"- words alone tell the chosen side of an unseen debtor in {card.told_apart_by_words:.1%} (50%: chance)"
        )
    return lines


def _firmer(pairs: Sequence[Pair]) -> float | None:
    turns = [(read_reply(pair.chosen), read_reply(pair.rejected)) for pair in pairs]
    offers = [(a.terms.terms(), b.terms.terms()) for a, b in turns if a and b and a.choice == b.choice == "ask"]
    return sum(not a.softer_in(b) for a, b in offers) / len(offers) if offers else None


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items()) or "none"
