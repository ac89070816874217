"""What others notice while somebody hurts the service: `python -m benchmarks.service.attacks`."""

from __future__ import annotations

import asyncio
import shlex
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from benchmarks.markdown import table, write_files
from benchmarks.service.attacks.scenarios import SCENARIOS, MeasuredFigure
from benchmarks.service.attacks.visitors import Visitors
from benchmarks.service.clients import browser
from benchmarks.service.measured_server import serving
from benchmarks.service.result import machine
from plumbing import cli
from plumbing.errors import by_name

CASES = 40
HEADING = ("scenario", "figure", "value", "must stay below")


def attacks(
    only: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(SCENARIOS)}; default: all.")] = None,
    latency_ms: Annotated[float, typer.Option(min=0, help="Of the fake model, per call.")] = 500,
    out: Annotated[Path | None, typer.Option(help="Also writes OUT.md.")] = None,
) -> None:
    """Do to a real server, a new one each time, what hurts it most, and print what others notice meanwhile.

    One thread answers everybody, so that nobody is helped by another one. Exit status 1 if a limit is passed.

    Example: `python -m benchmarks.service.attacks hostile-link --latency-ms 100`
    """
    chosen = only or list(SCENARIOS)
    for name in chosen:
        by_name(name, SCENARIOS, f"there is no scenario called {name!r}")
    figures = [figure for name in chosen for figure in _measured(name, latency_ms / 1000)]
    shown = Table(*HEADING, box=None)
    for row in _rows(figures):
        shown.add_row(*row)
    cli.stdout.print(shown)
    if out is not None:
        write_files(out, {".md": _markdown(figures).encode()})
    if any(figure.too_much for figure in figures):
        raise typer.Exit(1)


def _measured(name: str, latency_s: float) -> list[MeasuredFigure]:
    with tempfile.TemporaryDirectory(prefix="maden-attack-") as folder:
        url = f"sqlite:///{Path(folder) / 'app.sqlite'}"
        with serving(url, latency_s, 1, Path(folder), CASES) as (address, process):
            cli.stderr.print(f"{name} ...", highlight=False)
            return asyncio.run(_played(name, address, process.pid))


async def _played(name: str, address: str, pid: int) -> list[MeasuredFigure]:
    async with browser(address) as http:
        return list(await SCENARIOS[name](await Visitors.arrive(http, pid)))


def _rows(figures: list[MeasuredFigure]) -> list[tuple[str, str, str, str]]:
    return [
        (
            figure.scenario,
            figure.name,
            f"{figure.value:.3g} {figure.unit}".strip() + (" TOO MUCH" if figure.too_much else ""),
            "" if figure.limit is None else f"{figure.limit:g} {figure.unit}".strip(),
        )
        for figure in figures
    ]


def _markdown(figures: list[MeasuredFigure]) -> str:
    command = shlex.join(["python", "-m", "benchmarks.service.attacks", *sys.argv[1:]])
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}, whoever attacks included"
    return "\n".join(
        ("# The service under attack", "", f"`{command}`", "", table(HEADING, _rows(figures)), "", made, "")
    )


if __name__ == "__main__":
    cli.run(attacks, "python -m benchmarks.service.attacks")
