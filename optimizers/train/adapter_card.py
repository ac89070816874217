"""The card of trained adapters: base, data, settings, what changed on held-out pairs, how to use them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import PlainSerializer

from data.frozen import Frozen
from metrics.statistics.intervals import Interval, mean_interval, paired_difference
from optimizers.train.states import Logps
from optimizers.train.train_settings import Method, TrainSettings
from optimizers.train.training_data import Item

OverDebtors = Annotated[Interval, PlainSerializer(lambda found: found.model_dump(exclude={"n"}))]
"""An interval as the card has it: how many debtors there are stands beside it, once for all."""


class HeldOutChange(Frozen):
    """A figure of held-out items in nats, before and after, mean over debtors of each debtor's mean."""

    before: OverDebtors
    after: OverDebtors
    difference: OverDebtors


class HeldoutChange(Frozen):
    """What training did to items of debtors that it did not see."""

    items: int
    debtors: int
    chosen: HeldOutChange
    """log p of the chosen reply."""
    chosen_a_token: HeldOutChange
    rejected: HeldOutChange | None
    """None where no held-out item is a pair, here and below."""
    rejected_a_token: HeldOutChange | None
    margin: HeldOutChange | None
    """log p(chosen) - log p(rejected)."""
    ahead_before: float | None
    """Share of the pairs whose chosen reply was the likelier one."""
    ahead_after: float | None


class AdapterCard(Frozen):
    """What a folder of trained adapters is."""

    created: str
    method: Method
    base: str
    base_sha256: str | None
    base_commit: str | None
    """Of a base from the hub."""
    began_from: str | None
    """The folder of earlier adapters; None for the bare base."""
    pairs_file: str
    pairs_sha256: str
    trained_on: int
    held_out: int
    too_long: int
    settings: TrainSettings
    device: str
    dtype: str
    steps: int
    minutes: float
    """Of this session's training, without loading."""
    packages: dict[str, str]
    heldout: HeldoutChange | None
    """None where nothing is held out."""
    last: dict[str, float]
    """What was logged at the end."""
    runs_as: str | None
    """The model string that this project takes; None where there is no GGUF file of the base."""


def heldout_change(items: Sequence[Item], before: Sequence[Logps], after: Sequence[Logps]) -> HeldoutChange | None:
    """What training did to held-out items, clustered by debtor; None without one."""
    if not items:
        return None

    def change(value: Callable[[Logps], float], *, pairs: bool = False) -> HeldOutChange | None:
        some = [n for n, item in enumerate(items) if item.pair or not pairs]
        if not some:
            return None
        columns = [_by_debtor([(items[n].case_id, value(side[n])) for n in some]) for side in (before, after)]
        earlier, later = columns
        return HeldOutChange(
            before=mean_interval([sum(v) / len(v) for v in earlier.values()]),
            after=mean_interval([sum(v) / len(v) for v in later.values()]),
            difference=paired_difference(earlier, later),
        )

    chosen, chosen_a_token = change(lambda one: one.sums[0]), change(lambda one: one.sums[0] / one.tokens[0])
    assert chosen is not None and chosen_a_token is not None  # there is an item
    return HeldoutChange(
        items=len(items),
        debtors=len({item.case_id for item in items}),
        chosen=chosen,
        chosen_a_token=chosen_a_token,
        rejected=change(lambda one: one.sums[1], pairs=True),
        rejected_a_token=change(lambda one: one.sums[1] / one.tokens[1], pairs=True),
        margin=change(_margin, pairs=True),
        ahead_before=_ahead(before),
        ahead_after=_ahead(after),
    )


def text(card: AdapterCard) -> str:
    """The card as Markdown."""
    chosen = card.settings
    how = "preference optimisation" if card.method == "dpo" else "supervised fine-tuning"
    loss = f"loss {chosen.loss}, beta {chosen.beta:g}, " if card.method == "dpo" else ""
    lines = [
        f"# LoRA adapters by {how}",
        "",
        f"Trained {card.created} on `{card.base}` ({_known(card)})"
        + (f", from the adapters in `{card.began_from}`," if card.began_from else "")
        + f" with {card.trained_on} {'pairs' if card.method == 'dpo' else 'replies'} (`{card.pairs_file}`, SHA-256 "
        f"{card.pairs_sha256[:12]}); {card.held_out} of other debtors were held out, {card.too_long} were too long.",
        "",
        f"- rank {chosen.rank} on the top {chosen.top_layers} layers, {loss}learning rate {chosen.learning_rate:g}, "
        f"{chosen.epochs:g} epochs, {chosen.batch} a step, seed {chosen.seed}: {card.steps} steps in "
        f"{card.minutes:.1f} minutes on {card.device} ({card.dtype})",
        *(
            ["- half of the labels were turned round: what changed is no effect of the preferences"]
            * chosen.shuffle_labels
        ),
        f"- at the end: {_listed(card.last)}",
        *_heldout_lines(card.heldout),
        f"- {_use(card)}",
        f"- {', '.join(f'{name} {version}' for name, version in card.packages.items())}",
        "",
        "![loss, margin and accuracy](curve.svg)",
    ]
    return "\n".join(lines) + "\n"


def _heldout_lines(found: HeldoutChange | None) -> list[str]:
    if found is None:
        return ["- nothing was held out, so nothing is known of others"]
    rows = [
        ("log p(chosen)", found.chosen, ".2f"),
        ("log p(rejected)", found.rejected, ".2f"),
        ("log p(chosen) a token", found.chosen_a_token, ".4f"),
        ("log p(rejected) a token", found.rejected_a_token, ".4f"),
        ("log p(chosen) - log p(rejected)", found.margin, ".2f"),
    ]
    lines = [
        f"- held out: {found.items} of {found.debtors} debtors"
        + (
            f"; the chosen reply is ahead in {found.ahead_before:.0%} before, {found.ahead_after:.0%} after"
            if found.ahead_before is not None and found.ahead_after is not None
            else ""
        ),
        "",
        "| held out, nats | before | after | difference |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {_span(one.before, form)} | {_span(one.after, form)} | {_span(one.difference, '+' + form)} |"
        for name, one, form in rows
        if one is not None
    ]
    return [*lines, ""]


def _by_debtor(values: Sequence[tuple[str, float]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for case_id, value in values:
        found.setdefault(case_id, []).append(value)
    return found


def _margin(one: Logps) -> float:
    return one.sums[0] - one.sums[1]


def _ahead(some: Sequence[Logps]) -> float | None:
    margins = [_margin(one) for one in some if len(one.sums) == 2]
    return sum(one > 0 for one in margins) / len(margins) if margins else None


def _known(card: AdapterCard) -> str:
    if card.base_sha256 is not None:
        return f"SHA-256 {card.base_sha256[:12]}"
    return f"commit {card.base_commit}" if card.base_commit else "version unknown"


def _use(card: AdapterCard) -> str:
    if card.runs_as is not None:
        return f"runs as `{card.runs_as}` wherever a model is named (`--lm`, or a contestant of programs.compare)"
    return "`adapter/` is in PEFT's form; serve it with its base and name that server as the model"


def _listed(values: dict[str, float]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in values.items()) or "nothing was logged"


def _span(found: Interval, form: str) -> str:
    low, high = found.bounds or (None, None)
    interval = f" [{low:{form}}, {high:{form}}]" if low is not None else ""
    return f"{found.mean:{form}}{interval}"
