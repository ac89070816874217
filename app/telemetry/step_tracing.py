"""Plan, draft and judge as spans: they go on inside a seat of the program, and DSPy tells when."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import Any

from dspy.utils.callback import BaseCallback

from app.telemetry import spans
from programs.maden import Maden
from programs.playing.rule_program import RuleProgram


class StepTracer(BaseCallback):
    """Records the calls of one module of the program.

    Args:
        name: of the step.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._going: dict[str, AbstractContextManager[None]] = {}

    def on_module_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """DSPy's callback before a call; in the thread of the call."""
        block = spans.span(self.name)
        block.__enter__()
        with self._lock:
            self._going[call_id] = block

    def on_module_end(self, call_id: str, outputs: Any | None, exception: Exception | None = None) -> None:
        """DSPy's callback after a call."""
        with self._lock:
            block = self._going.pop(call_id)
        try:
            block.__exit__(type(exception) if exception else None, exception, None)
        except BaseException as again:
            if again is not exception:
                raise


def record_steps(program: Maden | RuleProgram) -> None:
    """Record when the program plans, drafts and judges; a rule does it all at once."""
    if isinstance(program, RuleProgram):
        return
    for name, module in (("plan", program.planner), ("draft", program.negotiator), ("judge", program.judge)):
        if module is not None and not any(isinstance(one, StepTracer) for one in module.callbacks):
            module.callbacks.append(StepTracer(name))
