"""The steps of a turn as OpenTelemetry spans; without a tracer they are nothing, and cost nothing.

A message comes in a request and is answered by a thread, perhaps of another process: the answer joins the trace of the
latest request of its negotiation where that came to this process, and is a trace of its own elsewhere.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

MOST_AWAITED = 10_000
"""Requests whose answer is still to come."""
NEGOTIATION = "maden.negotiation"
Answer = TypeVar("Answer")
_NOTHING: AbstractContextManager[None] = nullcontext()


class _Traces:
    """The tracer of this process, and which request each negotiation's next answer belongs to."""

    def __init__(self) -> None:
        self.tracer: Tracer | None = None
        self._lock = threading.Lock()
        self._requests: OrderedDict[str, Context] = OrderedDict()

    def put(self, negotiation_id: str, request: Context) -> None:
        with self._lock:
            self._requests[negotiation_id] = request
            if len(self._requests) > MOST_AWAITED:
                self._requests.popitem(last=False)

    def taken(self, negotiation_id: str) -> Context | None:
        with self._lock:
            return self._requests.pop(negotiation_id, None)


_TRACES = _Traces()


def use(tracer: Tracer | None) -> None:
    """Record spans with this tracer from now on; None: record none."""
    _TRACES.tracer = tracer


def recorded() -> bool:
    """Whether spans are recorded."""
    return _TRACES.tracer is not None


def span(name: str, **attributes: bool | float | str) -> AbstractContextManager[None]:
    """A block that is a step of what goes on; nothing outside a request or a turn.

    Args:
        name: of the step.
        attributes: figures and names of this code, never words of a person.
    """
    tracer = _TRACES.tracer
    if tracer is None or not current_ids():
        return _NOTHING
    return _recorded(tracer, name, None, attributes)


def awaited(negotiation_id: str) -> None:
    """The next answer in this negotiation belongs to the request that goes on."""
    if _TRACES.tracer is not None and current_ids():
        from opentelemetry.context import get_current

        _TRACES.put(negotiation_id, get_current())


def turn(answer: Callable[[Any, str], Answer]) -> Callable[[Any, str], Answer]:
    """Decorates what answers in the negotiation of an id: all its steps are of one trace."""

    @wraps(answer)
    def answered(self: Any, negotiation_id: str) -> Answer:
        tracer = _TRACES.tracer
        if tracer is None:
            return answer(self, negotiation_id)
        request = _TRACES.taken(negotiation_id)
        with _recorded(tracer, "turn", request, {NEGOTIATION: negotiation_id}):
            return answer(self, negotiation_id)

    return answered


def current_ids() -> dict[str, str]:
    """`trace_id` and `span_id` of what goes on, in hexadecimal; empty where nothing is recorded."""
    if _TRACES.tracer is None:
        return {}
    from opentelemetry import trace

    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
        return {}
    return {"trace_id": trace.format_trace_id(found.trace_id), "span_id": trace.format_span_id(found.span_id)}


@contextmanager
def _recorded(tracer: Tracer, name: str, parent: Context | None, attributes: dict[str, Any]) -> Iterator[None]:
    # What an exception says may be words of a person: its class alone is told.
    with tracer.start_as_current_span(
        name, context=parent, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as found:
        try:
            yield
        except BaseException as error:
            failed(found, error)
            raise


def failed(found: Any, error: BaseException) -> None:
    """Mark a span as failed, with the error's class."""
    from opentelemetry.trace import StatusCode

    found.set_attribute("error.type", type(error).__qualname__)
    found.set_status(StatusCode.ERROR)
