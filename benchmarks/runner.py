"""What everything that is not the model costs per model call, and how close parallel play comes to the ideal.

`python -m benchmarks.runner`. The model is a fake that answers at once, or after a fixed latency, so every
millisecond left is ours and DSPy's: prompts, parsing, table, guard, debtor, scoring. Figures are ratios and means of
one run on one machine; compare them within a run only.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import dspy
import typer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also as `python benchmarks/runner.py`

from data.book import read_book
from data.domain import DebtCase, Negotiation, Speaker
from plumbing import cli
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.playing.evaluate import evaluate
from tests.programs.players import playing


def main(
    cases: Annotated[int, typer.Option(min=1, help="Negotiations per measurement.")] = 40,
    latency_ms: Annotated[float, typer.Option(min=0, help="Of the fake model, for the parallel part.")] = 200,
    threads: Annotated[int, typer.Option(min=2, help="Negotiations at once, for the parallel part.")] = 8,
) -> None:
    """Measure the overhead per model call and the efficiency of parallel negotiations.

    Example: `python -m benchmarks.runner --threads 16`
    """
    debtors = read_book().split("val")[:cases]
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
    _played(debtors[:2], Variant.MADEN, 0, 1)  # imports and first-call work are no running cost
    for variant in Variant:
        calls, seconds, _ = _played(debtors, variant, 0, 1)
        print(f"{variant.value:8} {calls:5d} calls, overhead {1000 * seconds / calls:.2f} ms a call")
    calls, seconds, negotiations = _played(debtors, Variant.MADEN, latency_ms / 1000, threads)
    busiest = max(sum(turn.speaker is Speaker.CREDITOR for turn in n.turns) for n in negotiations)
    ideal = max(calls / threads, busiest) * latency_ms / 1000
    print(
        f"{threads} at once, {latency_ms:g} ms latency: {calls} calls in {seconds:.2f} s, ideal {ideal:.2f} s, "
        f"efficiency {ideal / seconds:.0%}"
    )


def _played(
    debtors: tuple[DebtCase, ...], variant: Variant, latency_s: float, threads: int
) -> tuple[int, float, list[Negotiation]]:
    """(model calls, seconds, records) of one evaluation with a fake model."""
    lm = playing(latency_s=latency_s)
    program = Maden(ProgramSettings(variant=variant))
    with dspy.context(lm=lm, disable_history=True):
        start = time.perf_counter()
        result = evaluate(program, debtors, threads=threads)
        seconds = time.perf_counter() - start
    return len(lm.engine.prompts), seconds, [p.negotiation for p in result.played]


if __name__ == "__main__":
    cli.run(main, "python -m benchmarks.runner")
