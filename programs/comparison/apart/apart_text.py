"""A comparison of what cannot be paired, in words and tables."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from metrics.scorecard import BY_ID, INDICES, METRICS, PROMISES
from metrics.statistics.intervals import Interval
from programs.comparison.apart.judging import ApartComparison, ApartDifference, ApartPair, ApartProgram
from programs.comparison.difference import DifferenceVerdict


def rendered_apart(comparison: ApartComparison) -> Group:
    """What was played, a table a pair, and last what that means."""
    by_label = {program.label: program for program in comparison.programs}
    parts: list[Text | Table] = [Text(_setting(comparison), style="bold")]
    parts += [_pair_table(pair, by_label[pair.baseline], by_label[pair.program]) for pair in comparison.pairs]
    parts.append(_coverage(comparison.programs))
    parts += [Text(f"note: {note}", style="yellow") for note in comparison.notes]
    for pair in comparison.pairs:
        parts += [Text(f"note: {said}", style="yellow") for said in pair.says]
        parts.append(Text(verdict_sentence(pair), style="bold"))
    return Group(*parts)


def verdict_sentence(pair: ApartPair) -> str:
    """What is known of the decisive measure: the objective, else what was promised and the talk."""
    deciding = ["objective"] if "objective" in pair.metrics else ["PCRI", "CONV"]
    told = "; ".join(_said(name, pair.metrics[name]) for name in deciding)
    how = f"{pair.shared} debtors in common" if pair.paired else "different debtors, unpaired"
    return f"{pair.program} against {pair.baseline} ({how}): {told}."


def _said(name: str, found: ApartDifference) -> str:
    gap, metric = found.difference, BY_ID[name]
    span = "none" if gap.bounds is None else " to ".join(metric.written(bound, "+") for bound in gap.bounds)
    return f"{metric.name} {found.verdict} ({metric.written(gap.mean, '+')}, 95% interval {span})"


def _setting(comparison: ApartComparison) -> str:
    s = comparison.setting
    played = f"{s['split']}: {s['debtors']} debtors, seed {s['seed']}, debtor {s['debtor']}, model {s['lm']}"
    return f"files alone: {s['book']}" if s["split"] == "saved" else f"{played}; and files"


def _pair_table(pair: ApartPair, baseline: ApartProgram, program: ApartProgram) -> Table:
    how = f"on {pair.shared} debtors in common" if pair.paired else "unpaired"
    table = Table(title=Text(f"{pair.program} against {pair.baseline}, {how}"), title_justify="left")
    table.add_column("metric")
    for heading in (Text(pair.baseline), Text(pair.program), "difference", "95% interval"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for group in (METRICS, INDICES, PROMISES):
        for metric in group:
            if (found := pair.metrics.get(metric.id)) is not None:
                gap = found.difference
                span = "none" if gap.bounds is None else " to ".join(metric.written(b, "+") for b in gap.bounds)
                name = metric.id if metric.id == "objective" else f"{metric.id} {metric.name.partition(' (')[0]}"
                means = [_mean(metric.written, one.means[metric.id]) for one in (baseline, program)]
                table.add_row(name, *means, metric.written(gap.mean, "+"), span, _verdict_text(found.verdict))
        table.add_section()
    return table


def _mean(written: object, interval: Interval) -> str:
    assert callable(written)
    return str(written(interval.mean))


def _verdict_text(verdict: DifferenceVerdict) -> Text:
    styles = {
        DifferenceVerdict.BETTER: "green",
        DifferenceVerdict.WORSE: "red",
        DifferenceVerdict.UNDECIDED: "dim",
        DifferenceVerdict.TOO_FEW: "dim",
    }
    return Text(str(verdict), style=styles.get(verdict, ""))


def _coverage(programs: tuple[ApartProgram, ...]) -> Table:
    table = Table(title="Negotiations", title_justify="left")
    table.add_column("program")
    for heading in ("debtors", "scored", "unscored", "without finances", "agreed", "breaches"):
        table.add_column(heading, justify="right")
    for one in programs:
        agreed = one.endings.get("agreement", 0)
        cells = (one.debtors, one.scored, one.unscored, one.without_finances, agreed, one.hard_breaches)
        table.add_row(Text(one.label), *(str(cell) for cell in cells))
    return table
