"""Artifacts and their differences as tables and text on the terminal; what models wrote is shown as plain text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from metrics.scorecard import INDICES, METRICS
from metrics.statistics.intervals import Interval
from programs.artifacts.diff import STAGES, ArtifactDiff, Change, PredictorDiff, in_table_order
from programs.artifacts.document import Artifact
from programs.artifacts.side_by_side import DiffLine, Piece
from programs.table.transcript import plain

_BETTER = {metric.id: metric.better or "" for metric in (*METRICS, *INDICES)}
_LONG = 100
_INDENT = (0, 0, 0, 2)


def artifact_parts(artifact: Artifact, aliases: Iterable[str], *, prompts: bool) -> Iterator[RenderableType]:
    """Everything that `show` prints, from top to bottom."""
    yield Text(f"{artifact.reference}{_bracketed(aliases)}", style="bold")
    yield facts(
        {
            "file": str(artifact.path),
            "created": artifact.created,
            "parent": artifact.parent or "none",
            "program": f"{artifact.program_class}, sha256 {artifact.program_sha256[:12]}",
            "content": f"sha256 {artifact.content_sha256[:12]}",
            "notes": artifact.notes or "none",
        }
    )
    yield from _section("Settings", facts(flat(artifact.settings.model_dump(mode="json"))))
    yield from _section("Provenance", facts(flat(artifact.provenance)))
    yield from _section("Scores on the validation debtors", score_table(artifact))
    yield from _section("Cost", facts(flat(artifact.cost)))
    for name, state in artifact.state.items():
        demos = state["demos"]
        yield from _section(f"{name}: {len(demos)} demo{'' if len(demos) == 1 else 's'}")
        if prompts:
            yield Padding(plain(state["signature"]["instructions"]), _INDENT)
            for number, demo in enumerate(demos, 1):
                yield Padding(demo_text(demo, f"demo {number}"), _INDENT)


def diff_parts(found: ArtifactDiff, *, columns: bool = False) -> Iterator[RenderableType]:
    """Everything that `diff` prints, from top to bottom; with `columns` instructions and demos side by side."""
    yield Text(f"{found.a} -> {found.b}", style="bold")
    if found.same_program:
        yield Text("same program: settings, instructions and demos are equal", style="green")
    if found.settings:
        yield from _section("Settings", change_table(found.settings, found.a, found.b))
    for name, one in found.predictors.items():
        yield from _section(name)
        for part in _side_by_side_parts(one, found) if columns else _predictor_parts(one):
            yield Padding(part, _INDENT)
    if found.scores:
        yield from _section("Scores on the validation debtors", pair_table(found))
    if found.scores and found.incomparable:
        yield Text(
            f"These scores cannot be compared, since these differ: {', '.join(found.incomparable)}. "
            f"python -m programs.compare {found.a} {found.b} --split heldout compares on the same debtors.",
            style="yellow",
        )
    if found.provenance:
        yield from _section("Provenance", change_table(found.provenance, found.a, found.b))


def score_table(artifact: Artifact) -> Table:
    """Uncompiled and compiled, one row a metric; the counts below."""
    table = _table("metric", "better", *STAGES)
    for name in in_table_order({name for stage in STAGES for name in _estimates(artifact, stage)}):
        row = [estimate_text(_estimates(artifact, stage).get(name)) for stage in STAGES]
        table.add_row(name, _BETTER.get(name, ""), *row)
    for count in ("scored", "unscored"):
        stages = [artifact.scores.get(stage) for stage in STAGES]
        table.add_row(count, "", *("" if one is None else str(getattr(one, count)) for one in stages))
    return table


def pair_table(found: ArtifactDiff) -> Table:
    """Both artifacts side by side, one row a metric and stage."""
    table = _table("metric", "better", "program", found.a, found.b, "change of the mean")
    for pair in found.scores:
        change = "" if pair.a is None or pair.b is None else f"{pair.b.mean - pair.a.mean:+.3f}"
        row = (pair.stage, estimate_text(pair.a), estimate_text(pair.b), change)
        table.add_row(pair.metric, _BETTER.get(pair.metric, ""), *row)
    return table


def estimate_text(estimate: Interval | None) -> str:
    """Mean, interval and n."""
    if estimate is None:
        return "-"
    interval = "" if estimate.bounds is None else " [{:.3f}, {:.3f}]".format(*estimate.bounds)
    return f"{estimate.mean:.3f}{interval} n={estimate.n}"


def change_table(found: Iterable[Change], a: str, b: str) -> Table:
    """One row a value that differs."""
    table = _table("what", a, b)
    for change in found:
        table.add_row(plain(change.key), plain(_value(change.a)), plain(_value(change.b)))
    return table


def demo_text(demo: dict[str, Any], title: str, style: str = "") -> Text:
    """A demo field by field, nested answers as one line of JSON."""
    text = Text(title, style=f"{style} bold".strip())
    for name, value in demo.items():
        if name != "augmented":  # DSPy's mark of a demo that it bootstrapped
            text.append_text(plain(f"\n  {name}: ", style=style))
            text.append_text(plain(_value(value, cut=False).replace("\n", "\n    "), style=style))
    return text


def facts(values: dict[str, Any]) -> Table:
    """Name and value, one row each."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in values.items():
        table.add_row(plain(name), plain(_value(value)))
    return table


def flat(value: dict[str, Any], key: str = "") -> dict[str, Any]:
    """Nested objects as dotted keys; lists stay values."""
    found: dict[str, Any] = {}
    for name, part in value.items():
        where = f"{key}.{name}" if key else name
        found |= flat(part, where) if isinstance(part, dict) and part else {where: part}
    return found


def _predictor_parts(one: PredictorDiff) -> Iterator[Text]:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in one.instructions:
        yield plain(line, style=styles.get(line[:1], ""))
    for change in one.fields:
        yield plain(f"{change.key}: {_value(change.a)} -> {_value(change.b)}")
    for demo in one.demos_removed:
        yield demo_text(demo, "- demo removed", style="red")
    for demo in one.demos_added:
        yield demo_text(demo, "+ demo added", style="green")


def _side_by_side_parts(one: PredictorDiff, found: ArtifactDiff) -> Iterator[RenderableType]:
    if one.instruction_lines:
        yield side_by_side_table(one.instruction_lines, found.a, found.b)
    for change in one.fields:
        yield plain(f"{change.key}: {_value(change.a)} -> {_value(change.b)}")
    for pair in one.demo_pairs:
        headings = (
            f"{of}, {'no demo' if at is None else f'demo {at}'}" for of, at in ((found.a, pair.a), (found.b, pair.b))
        )
        yield side_by_side_table(pair.lines, *headings)


def side_by_side_table(lines: Iterable[DiffLine], a: str, b: str) -> Table:
    """Two columns of text; what differs is coloured and, for a reader without colours, bold."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    for heading in (a, b):
        table.add_column(plain(heading), overflow="fold", ratio=1)
    for line in lines:
        if line.gap:
            table.add_row("...", "...", style="dim")
        else:
            table.add_row(_pieces(line.old, "bold red"), _pieces(line.new, "bold green"))
    return table


def _pieces(pieces: tuple[Piece, ...] | None, style: str) -> Text:
    text = Text()
    for piece in pieces or ():
        text.append_text(plain(piece.text, style=style if piece.changed else ""))
    return text


def _estimates(artifact: Artifact, stage: str) -> dict[str, Interval]:
    return artifact.scores[stage].estimates if stage in artifact.scores else {}


def _section(title: str, body: RenderableType | None = None) -> Iterator[RenderableType]:
    yield Text(f"\n{title}", style="bold")
    if body is not None:
        yield Padding(body, _INDENT)


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _value(value: Any, *, cut: bool = True) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{text[:_LONG]} ..." if cut and len(text) > _LONG else text


def _bracketed(aliases: Iterable[str]) -> str:
    found = ", ".join(aliases)
    return f" ({found})" if found else ""
