"""An ablation in words and a table, for people."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from metrics.scorecard import BY_ID
from metrics.statistics.intervals import Interval
from programs.comparison.ablation import Ablation, Contribution, stands_out
from programs.comparison.difference import FEWEST_DEBTORS, enough

_METHODS = {
    "shapley": "share: the Shapley value, the change's contribution averaged over all orders; the shares add up to the "
    "gain",
    "first and last": "share: the mean of the two columns before it, an approximation of the Shapley value; what the "
    "shares leave of the gain is interplay between changes",
}


def rendered(found: Ablation) -> Group:
    """Everything: what was played, a row a change, how to read it, and the answer last."""
    parts: list[Text | Table] = [Text(_setting(found), style="bold"), share_table(found)]
    parts.append(Text(_METHODS[found.method], style="dim"))
    if lost := sum(one.unscored for one in found.programs):
        parts.append(Text(f"{lost} negotiations are unscored, since the model failed", style="yellow"))
    parts += [Text(f"note: {note}", style="yellow") for note in found.notes]
    return Group(*parts, Text(answer(found), style="bold"))


def share_table(found: Ablation) -> Table:
    """A row a change: what it does alone, what is lost without it, its share."""
    table = Table(title=Text(f"{found.metric}, {found.a} to {found.b}"), title_justify="left")
    table.add_column("change", overflow="fold", min_width=24)
    for heading in (f"added to {found.a}", f"taken from {found.b}", "share", "of the gain"):
        table.add_column(Text(heading), justify="right")
    for one in found.contributions:
        cells = (_two_lines(interval, found.metric) for interval in (one.added, one.removed, one.share))
        table.add_row(Text(_described(one)), *cells, _percent(one.share_of_gain))
    table.add_section()
    if found.method != "shapley":
        table.add_row("interplay", "", "", _two_lines(found.interplay, found.metric), "")
    table.add_row(Text("all of them", style="bold"), "", "", _two_lines(found.gain, found.metric), "")
    return table


def answer(found: Ablation) -> str:
    """What made the difference, in a sentence."""
    if not enough(found.gain):
        return f"too few debtors to say what made the difference ({found.debtors}; ask for {FEWEST_DEBTORS} or more)."
    if not stands_out(found.gain):
        return (
            f"{found.b} is not shown to differ from {found.a} ({_spanned(found.gain, found.metric)}, {found.debtors} "
            "debtors), so there is no gain to share; more debtors or trials narrow the interval."
        )
    sign = 1 if found.gain.mean > 0 else -1
    shown = [one for one in found.contributions if stands_out(one.share)]
    shown.sort(key=lambda one: -sign * one.share.mean)
    gain = f"{found.b} against {found.a}: {_spanned(found.gain, found.metric)}, {found.debtors} debtors"
    if not shown:
        return f"{gain}; no single change is shown to matter, the intervals of all shares hold 0."
    parts = [f"{one.change.name} ({_spanned(one.share, found.metric)})" for one in shown]
    rest = len(found.contributions) - len(shown)
    of_the_rest = f"; not shown to: the other {'one' if rest == 1 else rest}" if rest else ""
    return f"{gain}. Shown to matter: {', '.join(parts)}{of_the_rest}."


def _described(one: Contribution) -> str:
    return f"{one.change.name}\n  {one.change.a} -> {one.change.b}"


def _setting(found: Ablation) -> str:
    s = found.setting
    trials = "1 trial" if s["trials"] == 1 else f"{s['trials']} trials"
    return (
        f"{s['split']}: {found.debtors} of {s['debtors']} debtors x {trials}, {len(found.programs)} programs, "
        f"seed {s['seed']}, debtor {s['debtor']}, model {s['lm']}"
    )


def _two_lines(interval: Interval, metric: str) -> str:
    return _spanned(interval, metric).replace(" [", "\n[")


def _spanned(interval: Interval, metric: str) -> str:
    mean, *bounds = (BY_ID[metric].written(value, "+") for value in (interval.mean, *(interval.bounds or ())))
    return f"{mean} [{', '.join(bounds)}]" if bounds else mean


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
