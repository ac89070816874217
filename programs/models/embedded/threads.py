"""How many threads should write the next reply: as many as pay beside what else the processor does."""

from __future__ import annotations

from programs.models.embedded.processor import ProcessorLoad
from programs.models.embedded.speeds import THREADS_GAIN, Speeds

COST_OF_A_MISSING_CORE = 0.65
"""Share of the speed that is lost when one thread of several has no core of its own: every step waits for the slowest.

Measured on two cores, Qwen2.5-Coder-1.5B: two threads write 27 tokens/s alone, 9 beside one busy process or two.
"""
COST_OF_SHARING_ALONE = 0.3
"""The same for one thread, which waits for nobody: 17 tokens/s alone and beside one, 12 beside two."""


def threads_that_pay(load: ProcessorLoad, speeds: Speeds, most: int) -> int:
    """The number of threads, 1 to `most`, that can be expected to write fastest.

    What was measured within the last seconds counts before what the load makes likely, so that a slowness which no
    reading shows (another virtual machine, a hot processor) is met as well. Among equals the smaller number is taken.
    """
    return max(range(1, most + 1), key=lambda threads: (round(_expected(threads, load, speeds), 3), -threads))


def _expected(threads: int, load: ProcessorLoad, speeds: Speeds) -> float:
    """Tokens a second, or a number in proportion to them where nothing was measured yet."""
    likely = (speeds.usual_writing(threads) or threads**THREADS_GAIN) * _share(threads, load.free)
    lately = speeds.lately_writing(threads)
    return likely if lately is None else min(lately, likely)


def _share(threads: int, free: float) -> float:
    """The share of their usual speed that is left to so many threads on so many free cores."""
    cost = COST_OF_SHARING_ALONE if threads == 1 else COST_OF_A_MISSING_CORE
    return 1 - cost * min(1.0, max(0.0, threads - free))
