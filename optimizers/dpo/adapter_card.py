"""The card of trained adapters: base, data, settings, what changed on held-out pairs, how to use them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import PlainSerializer

from data.frozen import Frozen
from metrics.statistics.intervals import Interval, mean_interval, paired_difference
from optimizers.dpo.hyperparameters import DpoSettings
from optimizers.dpo.training_data import PairRow

OverDebtors = Annotated[Interval, PlainSerializer(lambda found: found.model_dump(exclude={"n"}))]
"""An interval as the card has it: how many debtors there are stands beside it, once for all."""


class HeldoutMargins(Frozen):
    """log p(chosen) - log p(rejected) of held-out pairs in nats, mean over debtors of each debtor's mean."""

    pairs: int
    debtors: int
    before: OverDebtors
    after: OverDebtors
    difference: OverDebtors
    ahead_before: float
    """Share of the pairs whose chosen reply the base finds likelier."""
    ahead_after: float


class AdapterCard(Frozen):
    """What a folder of trained adapters is."""

    created: str
    base: str
    base_sha256: str | None
    base_commit: str | None
    """Of a base from the hub."""
    pairs_file: str
    pairs_sha256: str
    trained_on: int
    held_out: int
    too_long: int
    settings: DpoSettings
    device: str
    steps: int
    minutes: float
    """Of this session's training, without loading."""
    packages: dict[str, str]
    margins: HeldoutMargins | None
    """None where no pair is held out."""
    last: dict[str, float]
    """What was logged at the end."""
    runs_as: str | None
    """The model string that this project takes; None where there is no GGUF file of the base."""


def heldout_margins(rows: Sequence[PairRow], before: Sequence[float], after: Sequence[float]) -> HeldoutMargins | None:
    """What training did to held-out pairs, clustered by debtor; None without one."""
    if not rows:
        return None
    by_debtor: dict[str, tuple[list[float], list[float]]] = {}
    for row, one, other in zip(rows, before, after, strict=True):
        first, second = by_debtor.setdefault(row.case_id, ([], []))
        first.append(one)
        second.append(other)
    earlier, later = ({case_id: both[side] for case_id, both in by_debtor.items()} for side in (0, 1))
    return HeldoutMargins(
        pairs=len(rows),
        debtors=len(by_debtor),
        before=mean_interval([sum(v) / len(v) for v in earlier.values()]),
        after=mean_interval([sum(v) / len(v) for v in later.values()]),
        difference=paired_difference(earlier, later),
        ahead_before=sum(value > 0 for value in before) / len(before),
        ahead_after=sum(value > 0 for value in after) / len(after),
    )


def text(card: AdapterCard) -> str:
    """The card as Markdown."""
    chosen = card.settings
    lines = [
        "# LoRA adapters by DPO",
        "",
        f"Trained {card.created} on `{card.base}` ({_known(card)}) with {card.trained_on} preference pairs "
        f"(`{card.pairs_file}`, SHA-256 {card.pairs_sha256[:12]}); {card.held_out} pairs of other debtors were held "
        f"out, {card.too_long} were too long.",
        "",
        f"- rank {chosen.rank}, beta {chosen.beta:g}, learning rate {chosen.learning_rate:g}, {chosen.epochs:g} "
        f"epochs, {chosen.batch} pairs a step, seed {chosen.seed}: {card.steps} steps in {card.minutes:.1f} minutes on "
        f"{card.device}",
        f"- at the end: {_listed(card.last)}",
        *_margin_lines(card.margins),
        f"- {_use(card)}",
        f"- {', '.join(f'{name} {version}' for name, version in card.packages.items())}",
        "",
        "![loss, reward margin and accuracy](curve.svg)",
    ]
    return "\n".join(lines) + "\n"


def _margin_lines(found: HeldoutMargins | None) -> list[str]:
    if found is None:
        return ["- no pair was held out, so nothing is known of others"]
    return [
        f"- held-out pairs ({found.pairs} of {found.debtors} debtors): log p(chosen) - log p(rejected) "
        f"{_span(found.before)} before, {_span(found.after)} after, difference {_span(found.difference, '+')} nats; "
        f"the chosen reply is ahead in {found.ahead_before:.0%} before, {found.ahead_after:.0%} after"
    ]


def _known(card: AdapterCard) -> str:
    if card.base_sha256 is not None:
        return f"SHA-256 {card.base_sha256[:12]}"
    return f"commit {card.base_commit}" if card.base_commit else "version unknown"


def _use(card: AdapterCard) -> str:
    if card.runs_as is not None:
        return f"runs as `{card.runs_as}` wherever a model is named (`--lm`, or a contestant of programs.compare)"
    return "`adapter/` is in PEFT's form; serve it with its base and name that server as the model"


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in values.items()) or "nothing was logged"


def _span(found: Interval, sign: str = "") -> str:
    low, high = found.bounds or (None, None)
    interval = f" [{low:{sign}.2f}, {high:{sign}.2f}]" if low is not None else ""
    return f"{found.mean:{sign}.2f}{interval}"
