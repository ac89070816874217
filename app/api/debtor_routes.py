"""The debtor's routes. The bearer of a link's token acts in its one negotiation."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Annotated

import anyio
from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field
from sse_starlette.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from app.api.debtor_views import NegotiationView, PlanView, negotiation_view, plan_view
from app.api.parts import Debtor, Service
from app.api.problems import PROBLEMS, Text
from app.conversation.changes import LOOK_EVERY_S
from app.conversation.counters import MESSAGES
from app.conversation.negotiations import MAX_MESSAGE_CHARS, Negotiations
from app.database.stored_rows import NotThere, messages_of, row_of, today_of

PING_S = 15
DISPLACED = "This conversation is open in too many windows. Reload this page to go on here."
SETTLE_S = 0.03
"""What nobody waits for is shown so much later: a debtor's own words would otherwise take the processor from the
beginning of their answer."""
GRACE_S = 2 * LOOK_EVERY_S
"""For streams to end by themselves when the server stops: they wake up at least once a look."""

router = APIRouter(prefix="/api/debtor", tags=["debtor"], responses=PROBLEMS)


class SaidText(BaseModel):
    """A debtor's message."""

    text: Annotated[Text, Field(min_length=1, max_length=MAX_MESSAGE_CHARS)]


class Received(BaseModel):
    """A message that is stored; its answer follows."""

    position: int


class Confirmation(BaseModel):
    """Which plan is agreed to."""

    plan: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class Correction(BaseModel):
    """Which message was not meant as it was understood."""

    position: Annotated[int, Field(ge=1, le=10**6)]


@router.get("/negotiation")
def negotiation(found: Debtor, service: Service) -> NegotiationView:
    """The whole conversation, the offer as it stands, and the plan that waits for a confirmation."""
    return _view(service.negotiations, found)


@router.post("/messages", status_code=202)
def say(
    said: SaidText,
    found: Debtor,
    service: Service,
    idempotency_key: Annotated[str | None, Header(max_length=128, pattern=r"^[!-~]+$")] = None,
) -> Received:
    """Store a message; the answer comes over `events`. The same `Idempotency-Key` again is the same message."""
    position = service.negotiations.receive(found, said.text, idempotency_key)
    MESSAGES.labels(kind="debtor").inc()
    service.worker.wake(found)
    return Received(position=position)


@router.post("/confirm")
def confirm(confirmation: Confirmation, found: Debtor, service: Service) -> PlanView:
    """Agree to the plan of that id; from here on it binds."""
    return plan_view(service.negotiations.confirm(found, confirmation.plan))


@router.post("/accept")
def accept(found: Debtor, service: Service) -> PlanView:
    """Take the creditor's offer as it stands; the answer is the plan that then has to be confirmed."""
    return plan_view(service.negotiations.accept_offer(found))


@router.post("/reconsider", status_code=204)
def reconsider(found: Debtor, service: Service) -> None:
    """Do not confirm the plan, or not that the conversation ends; go on talking."""
    service.negotiations.reconsider(found)


@router.post("/correct", status_code=204)
def correct(correction: Correction, found: Debtor, service: Service) -> None:
    """Your latest message was not meant as it was understood: what it was taken to offer or to tell does not count."""
    service.negotiations.correct(found, correction.position)


@router.post("/decline", status_code=204)
def decline(found: Debtor, service: Service) -> None:
    """End the conversation without an agreement."""
    service.negotiations.decline(found)


@router.post("/person", status_code=204)
def person(found: Debtor, service: Service) -> None:
    """Ask for a person; the assistant says no more."""
    service.negotiations.ask_for_a_person(found)


@router.get("/events", response_class=EventSourceResponse)
async def events(request: Request, found: Debtor, service: Service) -> EventSourceResponse:
    """Server-sent events: `negotiation`, the whole view, at once and whenever it changes; ends if it is erased.

    A link has four at once; one more, and the oldest ends with the event `displaced`.
    """
    await run_in_threadpool(_require, service.negotiations, found)
    leaving = anyio.Event()
    link = request.headers["authorization"].partition(" ")[2]
    stream = views(service.negotiations, found, leaving, link)
    return EventSourceResponse(stream, ping=PING_S, shutdown_event=leaving, shutdown_grace_period=GRACE_S)


async def views(
    negotiations: Negotiations, found: str, leaving: anyio.Event | None = None, link: str = ""
) -> AsyncGenerator[dict[str, str]]:
    """The debtor's view of a negotiation as JSON, anew whenever it has changed, until the server is `leaving`.

    Args:
        negotiations: of the service.
        found: the negotiation.
        leaving: set when the server stops.
        link: whose view it is; a link has so many at once.
    """
    last, awaited, changed = "", True, True
    with negotiations.changes.watching(found, link) as watcher:
        while leaving is None or not leaving.is_set():
            if changed:
                if not awaited:
                    await anyio.sleep(SETTLE_S)
                try:
                    view, awaited = await run_in_threadpool(_view_json, negotiations, found)
                except NotThere:  # erased meanwhile
                    return
                if view != last:
                    last = view
                    yield {"event": "negotiation", "data": view}
            changed = await negotiations.changes.wait(watcher)
            if watcher.displaced:
                yield {"event": "displaced", "data": json.dumps({"detail": DISPLACED})}
                return


def _require(negotiations: Negotiations, found: str) -> None:
    with negotiations.database.reading() as session:
        row_of(session, found)


def _view_json(negotiations: Negotiations, found: str) -> tuple[str, bool]:
    """The view, and whether an answer is awaited."""
    view = _view(negotiations, found)
    return view.model_dump_json(), view.answering


def _view(negotiations: Negotiations, found: str) -> NegotiationView:
    with negotiations.database.reading() as session:
        row = row_of(session, found)
        messages = messages_of(session, found)
    return negotiation_view(row, messages, today_of(row))
