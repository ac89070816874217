"""`python -m programs.pool`: comparisons on several draws of what nobody knows, made one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.table import Table

from metrics.statistics.imputation import Pooled, pooled
from plumbing import cli
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.comparison.difference import MEASURES
from programs.comparison.paired import Comparison

_BOOK_KEYS = frozenset({"book", "book_sha256"})
"""What may differ between the settings of comparisons that are pooled."""


def pool(
    comparisons: Annotated[list[Path], typer.Argument(help="What compare --json wrote, one file a completed book.")],
    json: Annotated[Path | None, typer.Option(help="Write the pooled differences there.")] = None,
) -> None:
    """Say what differs between programs, whatever was drawn: comparisons on several completed books, by Rubin's rules.

    The interval holds the spread between the draws beside that between the debtors; `draw` is the draws' share of it.

    Example: `python -m programs.pool draw-01.json draw-02.json draw-03.json`.
    """
    cli.require_writable(json)
    found = [_read(path) for path in comparisons]
    _check_alike(comparisons, found)
    console = cli.results()
    differences = {pair.program: _differences(found, index) for index, pair in enumerate(found[0].pairs)}
    for program, measures in differences.items():
        console.print(_table(found[0].pairs[0].baseline, program, measures, len(found)))
    console.print(_ranking(found))
    if json is not None:
        text = TypeAdapter(dict[str, dict[str, Pooled]]).dump_json(differences, indent=2).decode()
        replace_file(json, f"{text}\n".encode())


def _read(path: Path) -> Comparison:
    try:
        return Comparison.model_validate_json(path.read_bytes())
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        problem = f"{where}: {error.errors()[0]['msg']}".removeprefix(": ")
        raise UserError(f"{path} is no comparison that `compare --json` wrote ({problem})") from error


def _check_alike(paths: Sequence[Path], found: Sequence[Comparison]) -> None:
    """Whether the comparisons are the same but for the book.

    Raises:
        UserError: there is one alone, one book stands twice, or something else differs.
    """
    if len(found) < 2:
        raise UserError("one comparison has nothing to be pooled with; give those on two draws or more")
    first, label = found[0], [one.label for one in found[0].programs]
    books: dict[object, Path] = {}
    for path, one in zip(paths, found, strict=True):
        differing = [
            key for key in first.setting if key not in _BOOK_KEYS and one.setting.get(key) != first.setting[key]
        ]
        if [other.label for other in one.programs] != label or differing:
            what = f"its {', '.join(differing)} differ" if differing else "its programs differ"
            raise UserError(f"{path} cannot be pooled with {paths[0]}: {what}; compare the same on every draw")
        if (earlier := books.setdefault(one.setting.get("book_sha256"), path)) is not path:
            raise UserError(f"{path} and {earlier} were played on the same book; pool comparisons on different draws")


def _differences(found: Sequence[Comparison], index: int) -> dict[str, Pooled]:
    return {name: pooled([one.pairs[index].metrics[name].difference for one in found]) for name in MEASURES}


def _table(baseline: str, program: str, measures: dict[str, Pooled], draws: int) -> Table:
    table = Table(
        "id", "difference", "95 %", "debtors ±", "draws ±", "draw", title=f"{program} - {baseline}, {draws} draws"
    )
    table.title_justify = "left"
    for column in table.columns[1:]:
        column.justify = "right"
    for name, one in measures.items():
        interval = f"[{one.low:.4g}, {one.high:.4g}]"
        spread = f"{one.within:.3g}", f"{one.between:.3g}", f"{one.share_of_draw:.0%}"
        table.add_row(name, f"{one.mean:.4g}", interval, *spread)
    return table


def _ranking(found: Sequence[Comparison]) -> Table:
    """The programs by their mean objective over the draws, and how often each was the best."""
    table = Table("program", "objective", "draws ±", "best in", title="Ranking over the draws", title_justify="left")
    scores = {
        program.label: [one.programs[index].means["objective"] for one in found]
        for index, program in enumerate(found[0].programs)
    }
    best = [max(scores, key=lambda label: scores[label][draw].mean) for draw in range(len(found))]
    whole = {label: pooled(intervals) for label, intervals in scores.items()}
    for label, one in sorted(whole.items(), key=lambda pair: -pair[1].mean):
        table.add_row(label, f"{one.mean:.4f}", f"{one.between:.4f}", f"{best.count(label)} of {len(found)}")
    return table


if __name__ == "__main__":
    cli.run(pool, "python -m programs.pool")
