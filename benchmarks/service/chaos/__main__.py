"""What becomes of the service when everything goes wrong: `python -m benchmarks.service.chaos --seed 7`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.service.chaos.played import Chaos
from plumbing import cli

SHOWN = 20


def chaos(
    seed: Annotated[int, typer.Option(help="Of everything that is random; the same seed does the same.")] = 0,
    turns: Annotated[int, typer.Option(min=1, help="Messages of debtors, in all.")] = 2_000,
    faults: Annotated[int, typer.Option(min=0, help="Things that go wrong, in all.")] = 200,
    database: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL of an EMPTY database; default: a new SQLite file.")
    ] = None,
) -> None:
    """Let debtors negotiate with three processes on one database while databases, models, processes and clocks fail.

    At the end the database is read: every message that a debtor was told is stored must be there once and in order,
    none answered twice, none of the program's after a stop, every plan that was confirmed binding, and the audit chain
    whole; exit status 1 if not. A killed process does nothing more and frees nothing, as after kill -9.

    Example: `python -m benchmarks.service.chaos --seed 7 --turns 200 --faults 40`
    """
    with tempfile.TemporaryDirectory(prefix="maden-chaos-") as folder:
        url = database or f"sqlite:///{Path(folder) / 'app.sqlite'}"
        found = Chaos(Path(folder), url, seed, turns, faults).play()
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(found.faults.items()))
    ends = ", ".join(f"{number} {status.replace('_', ' ')}" for status, number in sorted(found.statuses.items()))
    cli.stdout.print(f"seed {seed}: {found.turns} messages of {found.talks} negotiations ({ends})", highlight=False)
    cli.stdout.print(f"{found.faults.total()} faults: {kinds}; {found.processes} processes started", highlight=False)
    for sentence in found.wrong[:SHOWN]:
        cli.stdout.print(sentence, highlight=False, soft_wrap=True)
    cli.stdout.print(f"{len(found.wrong)} things are not as they should be", highlight=False)
    if found.wrong:
        raise typer.Exit(1)


if __name__ == "__main__":
    cli.run(chaos, "python -m benchmarks.service.chaos")
