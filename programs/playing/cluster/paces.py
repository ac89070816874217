"""One pace per model for all workers of a run: an actor that whoever asks a remote model asks first.

It holds a `programs.models.pace.Pace` of each model, so limits a minute and a server's wait hold for the whole cluster
as they do for the threads of one process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from programs.models.pace import Pace, RateLimits, Ticket, from_now_on

MOST_TICKETS = 100_000
"""That are remembered until they are settled; a worker that died settles none."""


class PaceKeeper:
    """The actor: the paces of one run.

    Args:
        limits: of each model.
    """

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        self._paces: dict[str, Pace] = {}
        self._tickets: OrderedDict[int, Ticket] = OrderedDict()
        self._number = 0

    def turn(self, model: str, tokens: int) -> tuple[int, float]:
        """(number of the ticket, 0.0) if the request may leave now, else (0, seconds to wait before asking again)."""
        turn = self._pace(model).turn(tokens)
        if isinstance(turn, float):
            return 0, turn
        self._number += 1
        self._tickets[self._number] = turn
        if len(self._tickets) > MOST_TICKETS:
            self._tickets.popitem(last=False)
        return self._number, 0.0

    def settle(self, model: str, number: int, tokens: int | None) -> None:
        """See `Pace.settle`."""
        if (ticket := self._tickets.pop(number, None)) is not None:
            self._pace(model).settle(ticket, tokens)

    def pause(self, model: str, seconds: float) -> None:
        """See `Pace.pause`."""
        self._pace(model).pause(seconds)

    def _pace(self, model: str) -> Pace:
        return self._paces.setdefault(model, Pace(self._limits))


@dataclass(eq=False)
class NumberedTicket(Ticket):
    """A ticket that the keeper knows by its number."""

    number: int = 0


class SharedPace(Pace):
    """A worker's view of the keeper's pace of one model.

    Args:
        keeper: Ray's handle of the `PaceKeeper`.
        model: whose pace.
        limits: of the keeper.
    """

    def __init__(self, keeper: Any, model: str, limits: RateLimits) -> None:
        super().__init__(limits)
        self._keeper, self._model = keeper, model

    @override
    def turn(self, tokens: int) -> Ticket | float:
        import ray

        number, wait = ray.get(self._keeper.turn.remote(self._model, tokens))
        return NumberedTicket(0.0, tokens, number) if number else float(wait)

    @override
    def settle(self, ticket: Ticket, tokens: int | None) -> None:
        if isinstance(ticket, NumberedTicket):
            self._keeper.settle.remote(self._model, ticket.number, tokens)

    @override
    def pause(self, seconds: float) -> None:
        self._keeper.pause.remote(self._model, seconds)


def keeper_of(ray: Any, limits: RateLimits) -> Any:
    """A keeper on the driver's node, where no worker's node takes it along; lost all the same, it is begun anew."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    options: dict[str, Any] = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1}
    if not ray.util.client.ray.is_connected():  # through Ray Client the driver is on no node
        here = ray.get_runtime_context().get_node_id()
        options["scheduling_strategy"] = NodeAffinitySchedulingStrategy(here, soft=True)
    return ray.remote(PaceKeeper).options(**options).remote(limits)


def shared(keeper: Any, limits: RateLimits) -> Callable[[], None]:
    """What a worker does as it begins, so that every model it asks has the keeper's pace."""

    def setup() -> None:
        from_now_on(lambda model: SharedPace(keeper, model, limits))

    return setup
