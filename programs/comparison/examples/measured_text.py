"""A comparison on labelled examples in words and tables, for people."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from metrics.scorecard import Metric
from metrics.statistics.intervals import Interval
from programs.comparison.comparison_text import verdict_text
from programs.comparison.difference import DifferenceVerdict
from programs.comparison.examples.measured import MeasuredComparison, MeasuredPair, MeasuredProgram
from programs.kinds.kind import Kind


def rendered_measured(kind: Kind, comparison: MeasuredComparison) -> Group:
    """Everything: what was played, for each program its tables, coverage and notes, and the verdicts last."""
    programs = {program.label: program for program in comparison.programs}
    parts: list[Text | Table] = [Text(setting_words(kind, comparison), style="bold")]
    for pair in comparison.pairs:
        parts += [_metrics(kind, pair, programs[pair.baseline], programs[pair.program]), _slices(kind, pair)]
    parts.append(_coverage(kind, comparison.programs))
    parts += [Text(f"note: {note}", style="yellow") for note in comparison.notes]
    parts += [Text(answer_words(kind, pair), style="bold") for pair in comparison.pairs]
    return Group(*parts)


def setting_words(kind: Kind, comparison: MeasuredComparison) -> str:
    """What was played."""
    s = comparison.setting
    trials = "1 trial" if s["trials"] == 1 else f"{s['trials']} trials"
    return f"{s['split']}: {kind.words.examples(s['debtors'])} x {trials}, seed {s['seed']}, model {s['lm']}"


def answer_words(kind: Kind, pair: MeasuredPair) -> str:
    """The answer: is it better, by how much, how sure."""
    objective, gap = pair.objective, pair.objective.difference
    bounds = "none" if gap.bounds is None else "{:+.3f} to {:+.3f}".format(*gap.bounds)
    span = f"objective {gap.mean:+.3f}, 95% interval {bounds}, {kind.words.examples(pair.examples)}"
    if pair.same_program:
        return f"{pair.program} is the same program as {pair.baseline} ({span})."
    if objective.verdict in {DifferenceVerdict.BETTER, DifferenceVerdict.WORSE}:
        return f"{pair.program} is {objective.verdict} than {pair.baseline} ({span})."
    words = {
        DifferenceVerdict.TOO_FEW: f"too few {kind.words.example}s to say",
        DifferenceVerdict.SAME: f"no difference as large as {objective.margin or 0:g}",
        DifferenceVerdict.UNDECIDED: "undecided",
    }[objective.verdict]
    more = objective.more_debtors
    decide = f"; about {more:,} more {kind.words.example}s would decide" if more else ""
    return f"{pair.program} against {pair.baseline}: {words} ({span}){decide}."


def _metrics(kind: Kind, pair: MeasuredPair, baseline: MeasuredProgram, program: MeasuredProgram) -> Table:
    table = Table(title=Text(f"{pair.program} against {pair.baseline}"), title_justify="left")
    table.add_column("metric")
    for heading in (f"{kind.words.example}s", pair.baseline, pair.program, "difference", "95% interval"):
        table.add_column(Text(heading), justify="right")
    table.add_column("verdict")
    for group in (kind.metrics, kind.indices):
        for metric in group:
            if metric.id in pair.metrics:
                found = pair.metrics[metric.id]
                table.add_row(
                    f"{metric.id} {metric.name}" if metric.id != "objective" else metric.id,
                    str(found.difference.n),
                    metric.written(baseline.means[metric.id].mean),
                    metric.written(program.means[metric.id].mean),
                    metric.written(found.difference.mean, "+"),
                    _span(found.difference, metric),
                    verdict_text(found),
                )
        table.add_section()
    return table


def _slices(kind: Kind, pair: MeasuredPair) -> Table:
    title = Text(f"{pair.program} against {pair.baseline}: objective by kind of {kind.words.example} (exploratory)")
    table = Table(title=title, title_justify="left")
    table.add_column(f"{kind.words.example}s of")
    for heading in (f"{kind.words.example}s", "difference", "95% interval"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    dimension, objective = "", kind.measures[-1]
    for one in pair.slices:
        if dimension and one.dimension != dimension:
            table.add_section()
        dimension, gap = one.dimension, one.objective.difference
        label = f"{one.dimension}: {one.value.replace('_', ' ')}"
        cells = (str(one.examples), objective.written(gap.mean, "+"), _span(gap, objective))
        table.add_row(label, *cells, verdict_text(one.objective))
    return table


def _coverage(kind: Kind, programs: tuple[MeasuredProgram, ...]) -> Table:
    table = Table(title=f"{kind.words.record.capitalize()}s", title_justify="left")
    table.add_column("program")
    for heading in ("scored", "unscored", "failed"):
        table.add_column(heading, justify="right")
    for program in programs:
        table.add_row(Text(program.label), str(program.scored), str(program.unscored), str(program.failed))
    return table


def _span(gap: Interval, metric: Metric) -> str:
    return "none" if gap.bounds is None else " to ".join(metric.written(bound, "+") for bound in gap.bounds)
