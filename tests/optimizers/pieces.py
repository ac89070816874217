"""A compile that is cut off again and again, and repeated with the same answers until it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dspy

from optimizers.registry import compile_with
from optimizers.runs.halt import Halted
from optimizers.runs.task import CompileTask
from optimizers.spending.budget import Budget, Limits
from optimizers.spending.responses import ResponseStore
from programs.maden import Maden

MOST_SESSIONS = 100


def compiled_in_pieces(
    strategy: str,
    folder: Path,
    make_lm: Callable[[], dspy.LM],
    make_task: Callable[[Path, dspy.LM], CompileTask],
    piece: int,
) -> tuple[Maden, list[str], int]:
    """Let `piece` more paid calls through in each session; each has a new model and, worst case, an empty ledger.

    Returns:
        The program, every prompt that a model was asked, in order, and the number of sessions.
    """
    prompts: list[str] = []
    folder.mkdir(parents=True)
    for session in range(1, MOST_SESSIONS):
        lm = make_lm()
        store = ResponseStore(folder / "responses.sqlite", None)
        Budget(Limits(max_calls=session * piece), store)
        try:
            with store.installed():
                return (
                    compile_with(strategy, make_task(folder / str(session), lm)),
                    prompts + lm.engine.prompts,
                    session,
                )
        except Halted as why:
            assert why.reason == "max_calls"
        finally:
            store.close()
        prompts += lm.engine.prompts
    raise AssertionError("it never ended")
