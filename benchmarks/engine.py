"""The embedded model beside other work: `python -m benchmarks.engine [--lm local] [--out FILE.md]`.

Tokens a second in reading and writing, alone and beside busy processes of two priorities, each in a session of its own
as a browser or a build in another terminal is (Linux shares out processors by session before it looks at priorities).
Three ways to write, in one run and in both orders: as many threads as pay (what `make_lm` does), all cores, one thread;
each in a process of its own, since two models' threads in one process make libgomp spin less.
`--spinning` runs with libgomp's own spin count, as the engine did before 26 November 2026.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from plumbing import cli
from programs.models.embedded.model import EmbeddedModel
from programs.models.embedded.processor import usable_cores
from programs.models.make import make_lm
from programs.models.model_file import ensured

TIMEOUT_S = 900.0
CONTEXT = 4096
SETTLE_S = 1.5
"""Until the last second is what the measurement is about."""
WORDS = [
    "the",
    "debtor",
    "pays",
    "rent",
    "loan",
    "months",
    "income",
    "plan",
    "offer",
    "first",
    "discount",
    "creditor",
    "work",
    "child",
    "car",
    "cannot",
    "will",
]
LOOP = "while True: pass"


@dataclass
class SpeedRow:
    """Speeds of one way to write beside one kind of load."""

    load: str
    way: str
    reading: list[float] = field(default_factory=list)
    writing: list[float] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)


@contextmanager
def busy(processes: int, nice: int) -> Iterator[None]:
    """So many endless loops, each in a session of its own."""
    command = [sys.executable, "-c", f"import os; os.nice({nice}); exec({LOOP!r})"]
    running = [subprocess.Popen(command, start_new_session=True) for _ in range(processes)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def main(
    lm: Annotated[str, typer.Option(help="local or local:FILE.gguf.")] = "local",
    tokens: Annotated[int, typer.Option(min=8, help="Written in each measurement.")] = 48,
    words: Annotated[int, typer.Option(min=8, help="Read anew in each measurement.")] = 200,
    most: Annotated[int, typer.Option(min=0, help="Busy processes at most.")] = 2,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    spinning: Annotated[bool, typer.Option("--spinning", help="With libgomp's own spin count.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the table here too, as Markdown.")] = None,
) -> None:
    """Measure the embedded model alone and beside busy processes."""
    if spinning:
        os.environ["GOMP_SPINCOUNT"] = "300000"
    path = str(make_lm(lm).engine.settings.path)
    ensured(Path(path))
    ways = {"as pays": None, "all cores": usable_cores(), "one": 1}
    loads = [(0, 0), *((n, nice) for n in range(1, most + 1) for nice in (0, 19))]
    rows = {(load, way): SpeedRow(_name(*load), way) for load in loads for way in ways}
    rng = random.Random(seed)
    with ExitStack() as stack:
        workers = {way: stack.enter_context(_worker(path, threads)) for way, threads in ways.items()}
        for order in (list(ways), list(ways)[::-1]):
            for load in loads:
                with busy(*load):
                    for way in order:
                        time.sleep(SETTLE_S)
                        _measure(workers[way], rows[load, way], _prompt(rng, words), tokens)
                        cli.tell(_line(rows[load, way]))
    cli.results().print(_table(list(rows.values())))
    if out is not None:
        out.write_text(_markdown(list(rows.values()), spinning))


_models: list[EmbeddedModel] = []
"""The worker's own one."""


def _worker(path: str, threads: int | None) -> ProcessPoolExecutor:
    worker = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _load, (path, threads))
    worker.submit(_ask, {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 2}).result()
    return worker


def _load(path: str, threads: int | None) -> None:
    _models.append(EmbeddedModel(path, CONTEXT, threads))


def _ask(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    return _models[0].complete(body, TIMEOUT_S)["timings"], _models[0].threads


def _measure(worker: ProcessPoolExecutor, row: SpeedRow, prompt: str, tokens: int) -> None:
    body: dict[str, Any] = {
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": tokens,
        "temperature": 0,
        "ignore_eos": True,
    }
    timings, threads = worker.submit(_ask, body).result()
    row.reading.append(timings["prompt_per_second"])
    row.writing.append(timings["predicted_per_second"])
    row.threads.append(threads)


def _prompt(rng: random.Random, words: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(words)) + "\nGo on with this text."


def _name(processes: int, nice: int) -> str:
    return f"{processes} busy, nice {nice}" if processes else "alone"


def _line(row: SpeedRow) -> str:
    return (
        f"{row.load}, {row.way} ({row.threads[-1]}): reads {row.reading[-1]:.1f}, writes {row.writing[-1]:.1f} tokens/s"
    )


def _cells(row: SpeedRow) -> tuple[str, ...]:
    both = [" / ".join(f"{value:.1f}" for value in values) for values in (row.reading, row.writing)]
    return (row.load, row.way, " / ".join(map(str, row.threads)), *both, f"{statistics.mean(row.writing):.1f}")


HEAD = ("beside", "threads", "used", "reads, tokens/s", "writes, tokens/s", "mean")


def _table(rows: list[SpeedRow]) -> Table:
    table = Table(*HEAD)
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _markdown(rows: list[SpeedRow], spinning: bool) -> str:
    body = [HEAD, ("---",) * len(HEAD), *map(_cells, rows)]
    command = "python -m benchmarks.engine" + " --spinning" * spinning
    lines = [f"`{command}`, {usable_cores()} cores, {time.strftime('%Y-%m-%d')}; first / second order.", ""]
    return "\n".join([*lines, *("| " + " | ".join(cells) + " |" for cells in body)]) + "\n"


if __name__ == "__main__":
    cli.run(main, "python -m benchmarks.engine")
