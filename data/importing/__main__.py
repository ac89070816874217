"""`python -m data.importing`: a lender's own file becomes accounts or a debtor book."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.importing.importing import import_tape
from data.importing.suggestion import suggested
from data.importing.tape import open_tape
from data.importing.tape_map import read_map, shipped_maps
from plumbing import cli
from plumbing.errors import UserError
from plumbing.files import replace_file


def main(
    tape: Annotated[Path, typer.Argument(help="A .csv, .tsv, .xlsx, .parquet or .jsonl file of accounts.")],
    map_: Annotated[
        str | None,
        typer.Option("--map", help="A map in TOML, or a shipped one; found by the columns without it."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="What to write: accounts or a book, or the map of --suggest.")
    ] = None,
    suggest: Annotated[bool, typer.Option("--suggest", help="Draft a map from the header and look at it.")] = False,
) -> None:
    """Import a lender's own file as accounts, or as a debtor book where it holds the debtors' finances.

    Example: `python -m data.importing LoanStats.csv --map lending-club --out accounts.csv`; for a tape of your own,
    `python -m data.importing tape.xlsx --suggest --out map.toml` first.
    """
    cli.require_writable(out)
    if suggest:
        _draft(tape, out)
        return
    name = map_ or _fitting(tape)
    if out is None:
        raise UserError("name the file to write with --out, such as --out accounts.csv")
    found = import_tape(tape, read_map(name))
    found.write(out)
    cli.tell(found.told)
    cli.stdout.print(found.summary(out), soft_wrap=True, highlight=False)


def _fitting(tape: Path) -> str:
    """The one shipped map that reads nothing but columns of this tape."""
    opened = open_tape(tape)
    fitting = [
        name
        for name, path in shipped_maps().items()
        if all(opened.place_of(column) is not None for column in read_map(str(path)).used())
    ]
    if len(fitting) == 1:
        cli.tell(f"{tape.name} has the columns of the map {fitting[0]}")
        return fitting[0]
    raise UserError(
        f"no shipped map fits the columns of {tape.name} (shipped are {', '.join(shipped_maps())}); name one with "
        "--map, or draft one with --suggest"
    )


def _draft(tape: Path, out: Path | None) -> None:
    draft = suggested(tape)
    if out is None:
        typer.echo(draft.text)
    elif out.exists():
        raise UserError(f"{out} stands already; name another file with --out")
    else:
        replace_file(out, draft.text.encode())
    cli.tell(*draft.doubts)
    if out is not None:
        told = f"{out}: a draft of a map; look it through, then import with --map {out}"
        cli.stdout.print(told, soft_wrap=True, highlight=False)


if __name__ == "__main__":
    cli.run(main, "python -m data.importing")
