"""A comparison in words and tables, for people."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from data.domain import Ending
from metrics.scorecard import INDICES, METRICS, Metric
from programs.comparison import Comparison, Difference, Interval, PairResult, ProgramResult, Verdict

_STYLES = {Verdict.BETTER: "green", Verdict.WORSE: "red", Verdict.NOT_SHOWN: "dim", Verdict.TOO_FEW: "dim"}


def rendered(comparison: Comparison) -> Group:
    """Everything: what was played, one table a program, the verdicts, coverage and notes."""
    by_label = {program.label: program for program in comparison.programs}
    parts: list[Text | Table] = [Text(setting_sentence(comparison), style="bold")]
    parts += [pair_table(pair, by_label[pair.baseline], by_label[pair.program]) for pair in comparison.pairs]
    parts.append(coverage_table(comparison.programs))
    parts += [Text(f"note: {note}", style="yellow") for note in comparison.notes]
    parts += [Text(verdict_sentence(pair), style="bold") for pair in comparison.pairs]
    return Group(*parts)


def setting_sentence(comparison: Comparison) -> str:
    """What was played."""
    s = comparison.setting
    trials = "1 trial" if s["trials"] == 1 else f"{s['trials']} trials"
    return f"{s['split']}: {s['debtors']} debtors x {trials}, seed {s['seed']}, debtor {s['debtor']}, model {s['lm']}"


def verdict_sentence(pair: PairResult) -> str:
    """The answer: is it better, by how much, how sure."""
    objective, gap = pair.objective, pair.objective.difference
    debtors = "1 debtor" if pair.debtors == 1 else f"{pair.debtors} debtors"
    span = f"objective {gap.mean:+.3f}, 95% interval {_span(gap, '0..1')}, {debtors}"
    if pair.same_program:
        return f"{pair.program} is the same program as {pair.baseline} ({span})."
    if objective.verdict is Verdict.TOO_FEW:
        return f"{pair.program} against {pair.baseline}: too few debtors to say ({span})."
    if objective.verdict is Verdict.NOT_SHOWN:
        return f"{pair.program} against {pair.baseline}: no difference shown ({span})."
    return f"{pair.program} is {objective.verdict} than {pair.baseline} ({span})."


def pair_table(pair: PairResult, baseline: ProgramResult, program: ProgramResult) -> Table:
    """Every metric: both means, the paired difference with its interval, the verdict."""
    table = Table(title=Text(f"{pair.program} against {pair.baseline}"), title_justify="left")
    table.add_column("metric")
    for heading in (Text(pair.baseline), Text(pair.program), "difference", "95% interval"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for group in (METRICS, INDICES):
        for metric in group:
            table.add_row(*_row(metric, baseline.means[metric.id], program.means[metric.id], pair.metrics[metric.id]))
        table.add_section()
    return table


def _row(metric: Metric, old: Interval, new: Interval, found: Difference) -> tuple[Text | str, ...]:
    gap, unit = found.difference, metric.unit
    name = metric.name.partition(" (")[0]
    return (
        f"{metric.id} {name}" if metric.id != "objective" else metric.id,
        _number(old.mean, unit),
        _number(new.mean, unit),
        _number(gap.mean, unit, "+"),
        _span(gap, unit),
        Text(found.verdict, style=_STYLES.get(found.verdict, "")),
    )


def _span(gap: Interval, unit: str) -> str:
    if gap.low is None or gap.high is None:
        return "none"
    return f"{_number(gap.low, unit, '+')} to {_number(gap.high, unit, '+')}"


def _number(value: float, unit: str, sign: str = "") -> str:
    """As many decimals as the unit bears; no minus before a zero."""
    decimals = {"days": 1, "rounds": 2}.get(unit, 3)
    return f"{round(value, decimals) + 0.0:{sign}.{decimals}f}"


def coverage_table(programs: tuple[ProgramResult, ...]) -> Table:
    """How many negotiations each program's figures rest on, and how they ended."""
    table = Table(title="Negotiations", title_justify="left")
    table.add_column("program")
    for heading in ("scored", "unscored", "agreed", "walked away", "round limit", "faults", "breaches"):
        table.add_column(heading, justify="right")
    for program in programs:
        counts = [program.endings.get(ending, 0) for ending in Ending if ending is not Ending.INFRASTRUCTURE]
        cells = (program.scored, program.unscored, *counts, program.hard_breaches)
        table.add_row(Text(program.label), *(str(cell) for cell in cells))
    return table
