"""How long a turn takes besides the model, and whether anything is lost, under load: `python -m benchmarks.service`.

The real server in a process of its own, on a model that answers after a fixed latency; debtors talk to it over HTTP
and listen on the event stream as the page does.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.table import Table
from sqlalchemy import make_url

from app.database.transactions import Database
from benchmarks.markdown import table, write_files
from benchmarks.service.clients import TURNS_A_NEGOTIATION, Clients, Load
from benchmarks.service.measured_server import serving
from benchmarks.service.result import CALLS_A_TURN, Quantiles, Result, losses, machine, quantiles
from plumbing import cli
from plumbing.bars import PhaseBars
from plumbing.errors import UserError

CPU = "process_cpu_seconds_total"
SHOWN_LOSSES = 10
WARM_UP = Load(negotiations=4, turns=32, think_s=0.0, seed=1)
"""Played first and not measured: imports, and DSPy's work at a first call."""


def service(
    negotiations: Annotated[int, typer.Option(min=1, help="Negotiations at once, each with an open page.")] = 100,
    turns: Annotated[int, typer.Option(min=2, help="Messages of debtors, in all.")] = 10_000,
    latency_ms: Annotated[float, typer.Option(min=0, help="Of the fake model, per call; a turn makes two.")] = 500,
    think_s: Annotated[float, typer.Option(min=0, help="Mean time that a debtor takes to write a message.")] = 9,
    database: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL of an EMPTY database; default: a new SQLite file.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Answers at once; default: one a negotiation.")] = None,
    seed: Annotated[int, typer.Option(help="Of what debtors write, and when.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Also writes OUT.md and OUT.json.")] = None,
) -> None:
    """Load a real server and print what a turn costs besides the model, and what was lost.

    A turn's overhead is the time from sending a message to seeing its answer in the event stream, less the model's
    latency for the calls of that turn. At the end the database is read: every message must be stored once, answered
    once and in order, and the audit chain must be whole; exit status 1 if not.

    Examples:
      `python -m benchmarks.service --negotiations 10 --turns 100 --latency-ms 20 --think-s 0.1` (seconds)
      `python -m benchmarks.service --database postgresql+psycopg://maden:maden@127.0.0.1/maden_load`
    """
    length_s = TURNS_A_NEGOTIATION * (think_s + CALLS_A_TURN * latency_ms / 1000)
    load = Load(negotiations, turns, think_s, seed, arrive_s=length_s)
    result = measured(load, latency_ms / 1000, database, threads or negotiations)
    _show(result)
    if out is not None:
        write_files(out, {".md": _markdown(result).encode(), ".json": f"{result.model_dump_json(indent=1)}\n".encode()})
    if result.lost:
        raise typer.Exit(1)


def measured(load: Load, latency_s: float, url: str | None, threads: int) -> Result:
    """Play `load` against a new server.

    Raises:
        UserError: the server does not start, or answers nothing.
    """
    with tempfile.TemporaryDirectory(prefix="maden-load-") as folder:
        url = url or f"sqlite:///{Path(folder) / 'app.sqlite'}"
        cases = WARM_UP.most_negotiations + load.most_negotiations
        with serving(url, latency_s, threads, Path(folder), cases) as (address, _), PhaseBars() as bars:
            warm = Clients(address, WARM_UP)
            uvloop.run(warm.play())
            before = _metrics(address)
            bars.phase("answered", load.turns, "turns")
            clients = Clients(address, load, lambda: _advance(bars), len(warm.talks))
            began = time.perf_counter()
            uvloop.run(clients.play())
            seconds = time.perf_counter() - began
            after = _metrics(address)
        database = Database(url)
        lost = losses(database, [*warm.talks, *clients.talks], int(after["fake_model_calls_total"]))
        database.close()
    taken = [one for talk in clients.talks for one in talk.seconds]
    if len(taken) < 2:
        raise UserError(f"the server answered {len(taken)} messages; what it said stands above")
    return Result(
        command=shlex.join(["python", "-m", "benchmarks.service", *sys.argv[1:]]),
        created=datetime.now(UTC).replace(microsecond=0),
        machine=machine(),
        database=make_url(url).get_backend_name(),
        negotiations_at_once=load.negotiations,
        negotiations=len(clients.talks),
        turns=len(taken),
        latency_ms=1000 * latency_s,
        think_s=load.think_s,
        seed=load.seed,
        seconds=seconds,
        overhead_ms=quantiles(taken, CALLS_A_TURN * latency_s),
        storing_ms=quantiles([one for talk in clients.talks for one in talk.posting]),
        server_cpu_ms_a_turn=1000 * (after[CPU] - before[CPU]) / len(taken),
        lost=lost,
    )


def _advance(bars: PhaseBars) -> None:
    """Another turn is answered; where there is no bar, a line for each tenth of them."""
    done, total = bars.progress
    tenth = (done + 1) * 10 // total > done * 10 // total
    bars.advance("turns" if tenth else None)


def _metrics(address: str) -> dict[str, float]:
    """The service's own figures by name."""
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def _show(result: Result) -> None:
    times = Table("ms", *Quantiles.model_fields, box=None)
    for row in result.times():
        times.add_row(*row)
    cli.stdout.print(times)
    for name, value in result.facts():
        cli.stdout.print(f"{name}: {value}", highlight=False, soft_wrap=True)
    for sentence in result.lost[:SHOWN_LOSSES]:
        cli.stdout.print(sentence, highlight=False, soft_wrap=True)


def _markdown(result: Result) -> str:
    return "\n".join(
        (
            "# The service under load",
            "",
            f"`{result.command}`",
            "",
            table(("ms", *Quantiles.model_fields), result.times()),
            "",
            table(("", ""), result.facts()),
            "",
            *(f"- {sentence}" for sentence in result.lost),
            "A turn's overhead is the time from sending a message to seeing its answer in the event stream, less the "
            "model's latency for the calls of that turn.",
            "",
        )
    )


if __name__ == "__main__":
    cli.run(service, "python -m benchmarks.service")
