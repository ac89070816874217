"""What a Ray cluster costs and bears: `python -m benchmarks.cluster COMMAND`, each on a Ray of this machine alone.

`faults`: a node killed at a random moment, seed by seed; `scaling`: how near many workers come to the ideal;
`overhead`: what the engine adds to a negotiation; `driver`: scoring, statistics and memory of the driver as the book
grows; `book`: a large book, sampled; `embedded`: two engines as workers against one with two threads.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import logging
import random
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import dspy
import psutil
import typer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also as `python benchmarks/cluster.py`

from data.book import read_book
from data.book.rows import AMOUNT_COLUMNS, write_row
from plumbing import cli
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.models.accounts import CostAccount
from programs.models.make import make_lm
from programs.playing.cluster.ray_executor import RayExecutor, ray_executor
from programs.playing.cluster.worker_pool import PoolSize
from programs.playing.contestants import contestant
from programs.playing.evaluate import Evaluation, evaluate, scored_evaluation
from programs.playing.executor import Executor
from tests.programs.playing.cluster.fleet import calls, logged_lm

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
PROGRAM = Maden(ProgramSettings(variant=Variant.PLANNED))
LatencyOption = Annotated[float, typer.Option(min=0, help="Of a call of the fake model.")]


@app.command()
def faults(
    negotiations: Annotated[int, typer.Option(min=1)] = 2000,
    seeds: Annotated[int, typer.Option(min=1, help="Runs, from seed 0; each kills a node at another moment.")] = 10,
    first_seed: Annotated[int, typer.Option(min=0, help="To go on with a run that was cut.")] = 0,
    workers: Annotated[int, typer.Option(min=3)] = 48,
    latency_ms: LatencyOption = 200,
) -> None:
    """Three simulated nodes, one killed: scored, counted once, paid twice, against the same played on threads."""
    with tempfile.TemporaryDirectory() as folder:
        cases, trials = _different(Path(folder, "book.parquet"), negotiations), 1
        here = Path(folder, "here")
        expected = _played(Executor(16), cases, trials, logged_lm(here))
        total = len(calls(here))
        for seed in range(first_seed, seeds):
            log = Path(folder, f"there-{seed}")
            moment = random.Random(seed).randrange(total)
            found, lost = _with_a_death(cases, trials, log, workers, latency_ms / 1000, moment)
            paid = Counter(prompt for _, prompt in calls(log))
            _say(
                seed=seed,
                killed_after_calls=moment,
                workers_lost=lost,
                scored=found.scored,
                of=len(found.played),
                same_records_and_scores=found == expected,
                calls=total,
                paid_twice=sum(paid.values()) - total,
            )


@app.command()
def scaling(
    workers: Annotated[int, typer.Option(min=1)] = 64,
    threads: Annotated[int, typer.Option(min=1, help="Negotiations at once in each worker.")] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="Negotiations for each place.")] = 8,
    latency_ms: LatencyOption = 200,
) -> None:
    """How near so many workers come to the ideal, once each has played one negotiation."""
    cases, trials = _cases(workers * threads * rounds)
    with tempfile.TemporaryDirectory() as folder, _cluster(workers, threads) as executor:
        log = Path(folder, "log")
        _played(executor, read_book().cases[: workers * threads], 1, logged_lm(Path(folder, "warm"), latency_ms / 1000))
        begun, cpu = time.perf_counter(), psutil.Process().cpu_times()
        found = _played(executor, cases, trials, logged_lm(log, latency_ms / 1000))
        seconds, spent = time.perf_counter() - begun, psutil.Process().cpu_times()
        ideal = _ideal_calls(found, len(calls(log)), executor.at_once) * latency_ms / 1000
        _say(
            workers=workers,
            threads=threads,
            negotiations=len(found.played),
            calls=len(calls(log)),
            seconds=round(seconds, 2),
            ideal_seconds=round(ideal, 2),
            efficiency=round(ideal / seconds, 3),
            driver_cpu_ms_a_negotiation=round(1000 * (spent.user - cpu.user) / len(found.played), 2),
        )


def _ideal_calls(found: Evaluation[Any, Any], total: int, places: int) -> float:
    """Calls one after the other until the last place is done; each takes the next negotiation and waits for nothing.

    A negotiation's calls are taken to be in proportion to the creditor's turns in it, and its plan.
    """
    asked = [1 + sum(turn.speaker == "creditor" for turn in one.negotiation.turns) for one in found.played]
    done, share = [0.0] * places, total / sum(asked)
    for calls_of_one in asked:
        heapq.heapreplace(done, done[0] + calls_of_one * share)
    return max(done)


@app.command()
def overhead(
    negotiations: Annotated[int, typer.Option(min=1, help="In each block.")] = 30,
    blocks: Annotated[int, typer.Option(min=2)] = 20,
) -> None:
    """What the engine adds to a negotiation that costs nothing itself, and to one with a model that answers at once.

    The same negotiations here and on a worker, block by block in turn, since the machine's own speed drifts.
    """
    cases, trials = _cases(negotiations)
    with _cluster(1, 1) as executor:
        for what, program, lm in (("rule", contestant("linear").program, None), ("model", PROGRAM, logged_lm())):
            here, there, added = [], [], []
            for _ in range(blocks):
                here.append(_timed(Executor(), cases, trials, lm, program))
                there.append(_timed(executor, cases, trials, lm, program))
                added.append(there[-1] - here[-1])
            _say(
                played=what,
                negotiations=negotiations * blocks,
                here_ms=round(statistics.median(here), 2),
                there_ms=round(statistics.median(there), 2),
                engine_ms=round(statistics.median(added), 2),
                engine_ms_quartiles=[round(cut, 2) for cut in statistics.quantiles(added, n=4)[::2]],
            )


@app.command()
def driver(
    sizes: Annotated[str, typer.Option(help="Numbers of negotiations, by commas.")] = "1000,10000,50000",
) -> None:
    """Scoring and statistics of so many negotiations of two programs, in seconds and memory of the driver."""
    from programs.comparison.paired import compared

    played = [_records(name) for name in ("linear", "boulware")]
    found = [contestant(name) for name in ("linear", "boulware")]
    for size in map(int, sizes.split(",")):
        begun = time.perf_counter()
        evaluations = [_repeated(records, size) for records in played]
        scored = time.perf_counter()
        compared(found, evaluations, setting={}, seed=0)
        done = time.perf_counter()
        _say(
            negotiations=2 * size,
            scoring_seconds=round(scored - begun, 2),
            statistics_seconds=round(done - scored, 2),
            memory_gb=round(psutil.Process().memory_info().rss / 1e9, 2),
        )
        del evaluations


@app.command()
def embedded(
    negotiations: Annotated[int, typer.Option(min=1)] = 8,
    lm: Annotated[str, typer.Option(help="local, or local:FILE.gguf.")] = "local",
) -> None:
    """Two embedded engines as workers of one thread each, against one engine of this process with two threads."""
    cases, trials = _cases(negotiations)
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
    one = _timed(Executor(), cases, trials, make_lm(lm, threads=2), PROGRAM)
    with _cluster(2, 1) as executor:
        two = _timed(executor, cases, trials, make_lm(lm, threads=1), PROGRAM)
    for what, ms in (("one engine, two threads", one), ("two engines, one thread each", two)):
        _say(played=what, negotiations=negotiations, negotiations_an_hour=round(3_600_000 / ms, 1))


@app.command()
def book(
    debtors: Annotated[int, typer.Option(min=1000)] = 1_000_000,
    sample: Annotated[int, typer.Option(min=1)] = 2000,
) -> None:
    """A book of so many debtors, sampled in strata: seconds and memory."""
    from data.book.stratified_sample import sampled_book

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "book.parquet")
        _write_large(path, debtors)
        begun = time.perf_counter()
        found = sampled_book(path, "heldout", sample)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        _say(
            debtors=debtors,
            file_mb=round(path.stat().st_size / 1e6, 1),
            heldout=found.debtors,
            sampled=len(found.book),
            strata=len(found.strata),
            seconds=round(time.perf_counter() - begun, 1),
            peak_memory_gb=round(peak / 1e9, 2),
        )


def _write_large(path: Path, debtors: int) -> None:
    """Debtors who differ, in parts: the shipped ones with other names and amounts."""
    import pyarrow as pa
    from pyarrow import parquet

    rows, rng, writer = [write_row(case) for case in read_book().cases], random.Random(0), None
    for first in range(0, debtors, 50_000):
        part = [_varied(rows[number % len(rows)], number, rng) for number in range(first, min(first + 50_000, debtors))]
        table = pa.Table.from_pylist(part)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _varied(row: dict[str, str], number: int, rng: random.Random) -> dict[str, str]:
    factor = rng.uniform(0.3, 3)
    amounts = {name: f"{float(row[name]) * factor:.2f}" for name in AMOUNT_COLUMNS if row[name]}
    return {**row, **amounts, "case_id": f"b-{number:07d}", "family_id": "", "name": f"Debtor {number:07d}"}


def _different(path: Path, debtors: int) -> tuple[Any, ...]:
    """Debtors of whom no two are asked about in the same words: what is paid twice is due to a death alone."""
    _write_large(path, debtors)
    return read_book(path).cases


def _cases(negotiations: int) -> tuple[tuple[Any, ...], int]:
    """Debtors and trials that make at least so many negotiations."""
    cases = read_book().cases
    trials = -(-negotiations // len(cases))
    return cases[: -(-negotiations // trials)], trials


def _played(
    executor: Executor, cases: tuple[Any, ...], trials: int, lm: Any, program: Any = PROGRAM
) -> Evaluation[Any, Any]:
    """As every command plays, under an account of what it costs."""
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    lm_here = dspy.context(lm=lm, disable_history=True) if lm is not None else contextlib.nullcontext()
    with lm_here, CostAccount().watching():
        return evaluate(executor.placed(program), cases, trials=trials, threads=executor.at_once, retries=0)


def _timed(executor: Executor, cases: tuple[Any, ...], trials: int, lm: Any, program: Any) -> float:
    """Milliseconds a negotiation, after one that warms everything up."""
    _played(executor, cases[:1], 1, lm, program)
    begun = time.perf_counter()
    found = _played(executor, cases, trials, lm, program)
    return 1000 * (time.perf_counter() - begun) / len(found.played)


@contextlib.contextmanager
def _cluster(workers: int, threads: int) -> Iterator[RayExecutor]:
    with ray_executor("local", PoolSize(workers, threads)) as executor:
        _wait_for(executor, workers)
        yield executor


def _wait_for(executor: RayExecutor, workers: int) -> None:
    while executor.ready < workers:
        time.sleep(0.1)


def _with_a_death(
    cases: tuple[Any, ...], trials: int, log: Path, workers: int, latency_s: float, moment: int
) -> tuple[Evaluation[Any, Any], int]:
    """What was played, and how many workers died with the node."""
    import ray
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    made = [nodes.add_node(num_cpus=-(-workers // 3)) for _ in range(3)]
    ray.init(address=nodes.address, log_to_driver=False, logging_level=logging.ERROR)
    try:
        with ray_executor("auto", PoolSize(workers)) as executor:
            _wait_for(executor, workers)
            killer = threading.Thread(target=_kill_after, args=(nodes, made[1], log, moment), daemon=True)
            killer.start()
            found = _played(executor, cases, trials, logged_lm(log, latency_s))
            killer.join()
            return found, executor.lost
    finally:
        ray.shutdown()
        nodes.shutdown()


def _kill_after(nodes: Any, node: Any, log: Path, moment: int) -> None:
    while not log.exists() or log.read_bytes().count(b"\n") < moment:  # its last line may be half written
        time.sleep(0.05)
    nodes.remove_node(node, allow_graceful=False)


def _records(name: str) -> list[Any]:
    return [one.negotiation for one in evaluate(contestant(name).program, read_book().cases).played]


def _repeated(records: list[Any], size: int) -> Evaluation[Any, Any]:
    """So many negotiations as a larger book would have: the same debtors under further ids."""
    copies = []
    for number in range(size):
        record = records[number % len(records)]
        case = record.case.model_copy(update={"case_id": f"{record.case.case_id}-{number // len(records)}"})
        copies.append(record.model_copy(update={"case": case}))
    return scored_evaluation(copies, [0] * size)


def _say(**figures: object) -> None:
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    cli.run_app(app, "python -m benchmarks.cluster")
