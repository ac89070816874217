"""A comparison in words and tables, for people."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from data.domain import Ending
from metrics.scorecard import BY_ID, INDICES, METRICS, Metric
from metrics.statistics.intervals import Interval
from programs.comparison.difference import inside
from programs.comparison.paired import Comparison, Difference, DifferenceVerdict, PairResult, ProgramResult

_STYLES = {DifferenceVerdict.BETTER: "green", DifferenceVerdict.WORSE: "red"} | dict.fromkeys(
    (DifferenceVerdict.SAME, DifferenceVerdict.UNDECIDED, DifferenceVerdict.TOO_FEW), "dim"
)
_OBJECTIVE = BY_ID["objective"]
_MORE = "(+N): about N more debtors would decide"


def rendered(comparison: Comparison) -> Group:
    """Everything: what was played, for each program its tables, coverage and notes, and the verdicts last."""
    by_label = {program.label: program for program in comparison.programs}
    parts: list[Text | Table] = [Text(setting_sentence(comparison), style="bold")]
    for pair in comparison.pairs:
        parts.append(pair_table(pair, by_label[pair.baseline], by_label[pair.program]))
        parts.append(slices_table(pair))
    parts += [coverage_table(comparison.programs), reliability_table(comparison.programs)]
    parts += [Text(f"note: {note}", style="yellow") for note in comparison.notes]
    parts += [Text(verdict_sentence(pair), style="bold") for pair in comparison.pairs]
    return Group(*parts)


def setting_sentence(comparison: Comparison) -> str:
    """What was played."""
    s = comparison.setting
    trials = "1 trial" if s["trials"] == 1 else f"{s['trials']} trials"
    return f"{s['split']}: {s['debtors']} debtors x {trials}, seed {s['seed']}, debtor {s['debtor']}, model {s['lm']}"


def verdict_sentence(pair: PairResult) -> str:
    """The answer: is it better, by how much, how sure; and what follows where that is not known."""
    objective, gap = pair.objective, pair.objective.difference
    span = f"objective {gap.mean:+.3f}, 95% interval {_span(gap, _OBJECTIVE)}, {_debtors(pair.debtors)}"
    if pair.same_program:
        return f"{pair.program} is the same program as {pair.baseline} ({span})."
    if objective.verdict in {DifferenceVerdict.BETTER, DifferenceVerdict.WORSE}:
        small = f", by less than the margin of {objective.margin:g}" if _small(objective) else ""
        return f"{pair.program} is {objective.verdict} than {pair.baseline}{small} ({span})."
    words = {
        DifferenceVerdict.TOO_FEW: "too few debtors to say",
        DifferenceVerdict.SAME: f"no difference as large as {objective.margin or 0:g}",
        DifferenceVerdict.UNDECIDED: "undecided",
    }[objective.verdict]
    return f"{pair.program} against {pair.baseline}: {words} ({span}){_what_else(objective)}."


def _small(found: Difference) -> bool:
    return inside(found.difference_90, found.margin)


def _what_else(objective: Difference) -> str:
    """Of an undecided objective: whether it may at least be called not worse, and what would decide."""
    if objective.verdict is not DifferenceVerdict.UNDECIDED:
        return ""
    more = objective.more_debtors
    parts = ["" if objective.not_worse is None else f"; {not_worse_words(objective)}"]
    parts.append(f"; about {more:,} more {'debtor' if more == 1 else 'debtors'} would decide" if more else "")
    return "".join(parts)


def not_worse_words(objective: Difference) -> str:
    """Non-inferiority, said of a difference that has a margin and a direction."""
    if objective.not_worse:
        return f"it is not worse by {objective.margin:g} or more"
    return f"that it is worse by {objective.margin:g} is not ruled out"


def pair_table(pair: PairResult, baseline: ProgramResult, program: ProgramResult) -> Table:
    """Every metric: both means, the paired difference with its interval, the verdict."""
    title = Text(f"{pair.program} against {pair.baseline}")
    table = Table(title=title, title_justify="left", caption=_MORE, caption_justify="left")
    table.add_column("metric")
    for heading in (Text(pair.baseline), Text(pair.program), "difference", "95% interval"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for group in (METRICS, INDICES):
        for metric in group:
            table.add_row(*_row(metric, baseline.means[metric.id], program.means[metric.id], pair.metrics[metric.id]))
        table.add_section()
    return table


def slices_table(pair: PairResult) -> Table:
    """The objective's difference among debtors of each kind."""
    title = Text(f"{pair.program} against {pair.baseline}: objective by kind of debtor (exploratory)")
    table = Table(title=title, title_justify="left")
    table.add_column("debtors of")
    for heading in ("debtors", "difference", "95% interval"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    dimension = ""
    for one in pair.slices:
        if dimension and one.dimension != dimension:
            table.add_section()
        dimension, gap = one.dimension, one.objective.difference
        label = f"{one.dimension}: {one.value.replace('_', ' ')}"
        table.add_row(
            label,
            str(one.debtors),
            _OBJECTIVE.written(gap.mean, "+"),
            _span(gap, _OBJECTIVE),
            verdict_text(one.objective),
        )
    return table


def reliability_table(programs: tuple[ProgramResult, ...]) -> Table:
    """Kept agreements without a breach in each of k trials, and the debtors who fare worst."""
    table = Table(title="Reliability", title_justify="left")
    table.add_column("program")
    most = max(len(program.kept_pow_k) for program in programs)
    ks = sorted({1, *(k for k in (2, 3, 4, 8) if k <= most), most})
    for k in ks:
        table.add_column("kept" if k == 1 else f"kept {k} of {k}", justify="right")
    table.add_column("DHI of the worst tenth", justify="right")
    for program in programs:
        kept = [_with_interval(program.kept_pow_k.get(k)) for k in ks]
        table.add_row(Text(program.label), *kept, _with_interval(program.worst_decile_dhi))
    return table


def coverage_table(programs: tuple[ProgramResult, ...]) -> Table:
    """How many negotiations each program's figures rest on, and how they ended."""
    table = Table(title="Negotiations", title_justify="left")
    table.add_column("program")
    for heading in ("scored", "unscored", "agreed", "walked away", "round limit", "failed", "breaches"):
        table.add_column(heading, justify="right")
    for program in programs:
        counts = [program.endings.get(e, 0) for e in (Ending.AGREEMENT, Ending.WALKED_AWAY, Ending.ROUND_LIMIT)]
        cells = (program.scored, program.unscored, *counts, program.failed, program.hard_breaches)
        table.add_row(Text(program.label), *(str(cell) for cell in cells))
    return table


def _row(metric: Metric, old: Interval, new: Interval, found: Difference) -> tuple[Text | str, ...]:
    gap = found.difference
    name = metric.name.partition(" (")[0]
    return (
        f"{metric.id} {name}" if metric.id != "objective" else metric.id,
        metric.written(old.mean),
        metric.written(new.mean),
        metric.written(gap.mean, "+"),
        _span(gap, metric),
        verdict_text(found),
    )


def verdict_text(found: Difference) -> Text:
    """A verdict in its colour, with how many more debtors would decide."""
    words = f"{found.verdict} (+{found.more_debtors:,})" if found.more_debtors else str(found.verdict)
    return Text(words, style=_STYLES.get(found.verdict, ""))


def _debtors(number: int) -> str:
    return "1 debtor" if number == 1 else f"{number} debtors"


def _with_interval(found: Interval | None) -> str:
    if found is None:
        return "none"
    if found.bounds is None:
        return _OBJECTIVE.written(found.mean)
    return "{:.3f} ({:.3f} to {:.3f})".format(found.mean, *found.bounds)


def _span(gap: Interval, metric: Metric) -> str:
    return "none" if gap.bounds is None else " to ".join(metric.written(bound, "+") for bound in gap.bounds)
