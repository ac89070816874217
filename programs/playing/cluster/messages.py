"""What a worker and the driver tell each other while a negotiation is played; all of it pickles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from programs.models.accounts import Cost
from programs.playing.executor import Sample


@dataclass(frozen=True)
class Parcel:
    """Something that is sent to a worker once and kept there, by its hash."""

    sha256: str
    ref: Any
    """Ray's reference of the pickled bytes."""


@dataclass(frozen=True)
class Job:
    """One negotiation to play, or one other piece of work on a case."""

    work: Parcel
    """A `programs.playing.cluster.travelling_programs.Packed`."""
    lm: Parcel | None
    """The `dspy.LM` of the caller's settings; None where no model plays."""
    case: Any
    seed: int
    sample: Sample | None = None
    heard: bool = True
    """Whether anyone listens to its turns; work that plays thousands of negotiations is not to tell of each in vain."""


@dataclass(frozen=True)
class CallBegan:
    """An LM call of the worker begins: from here on the driver answers for it, as if it made the call itself."""

    call_id: str
    model: str
    engine: Any
    """Of the LM: a name, or an engine that may know its own price."""


@dataclass(frozen=True)
class CallEnded:
    """The call has ended, answered or not."""

    call_id: str


@dataclass(frozen=True)
class CallAsked:
    """Is there a stored answer to this request, and if not, may the call be paid? The worker waits for the answer."""

    call_id: str | None
    role: str
    request: dict[str, Any]
    ignored: list[str] | None


@dataclass(frozen=True)
class Paid:
    """The answer that the call brought, to be stored; its `CallAsked` has said to which request."""

    call_id: str | None
    role: str
    value: Any


@dataclass(frozen=True)
class Wanted:
    """A model file is to be loaded. The worker waits for its facts, or references of its content."""

    path: str
    """On the driver's machine."""
    content: bool = False


@dataclass(frozen=True)
class Made:
    """A turn was made, for whoever watches."""

    turn: Any


@dataclass(frozen=True)
class Done:
    """The job is done."""

    result: Any
    costs: dict[str, Cost] = field(default_factory=dict)
    """Of its calls, by role."""


@dataclass(frozen=True)
class Failed:
    """The job raised what no record can hold."""

    error: BaseException
    costs: dict[str, Cost] = field(default_factory=dict)


Note = CallBegan | CallEnded | CallAsked | Wanted | Paid | Made | Done | Failed


@dataclass(frozen=True)
class WorkerFacts:
    """What a worker says of itself when it is ready."""

    node: str
    """Ray's id of its node."""
    host: str
    pid: int
