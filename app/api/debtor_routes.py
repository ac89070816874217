"""The debtor's routes. The bearer of a link's token acts in its one negotiation."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Annotated

import anyio
from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field
from sse_starlette.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

import wording
from app.access.links import BadLink, require_generation
from app.api.debtor_views import PAGE, MessageView, NegotiationView, PlanView, message_view, negotiation_view, plan_view
from app.api.parts import Debtor, DebtorTicket, Service, SignedTicket, refused_links
from app.api.problems import PROBLEMS, Text
from app.api.shown import ShownNegotiation
from app.conversation.changes import LOOK_EVERY_S
from app.conversation.counters import MESSAGES
from app.conversation.negotiations import MAX_MESSAGE_CHARS, Negotiations
from app.database.stored_rows import NotThere, page_of, row_of, standing_of, today_of

PING_S = 15
DISPLACED = wording.mark("This conversation is open in too many windows. Reload this page to go on here.")
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


class Tongue(BaseModel):
    """What to be spoken to in."""

    language: Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z0-9-]+$")]
    """BCP 47 tag."""


@router.get("/negotiation")
def negotiation(found: Debtor, service: Service) -> NegotiationView:
    """The latest of the conversation, the offer as it stands, and the plan that waits for a confirmation."""
    return _view(service.negotiations, found)


@router.get("/messages")
def earlier(found: Debtor, service: Service, before: Annotated[int, Query(ge=1, le=10**6)]) -> list[MessageView]:
    """What was said before a position, 50 messages at a time, oldest first."""
    with service.negotiations.database.reading() as session:
        row_of(session, found)
        return [message_view(one) for one in page_of(session, found, before, PAGE)]


@router.post("/messages", status_code=202)
async def say(
    request: Request,
    said: SaidText,
    ticket: SignedTicket,
    service: Service,
    idempotency_key: Annotated[str | None, Header(max_length=128, pattern=r"^[!-~]+$")] = None,
) -> Received:
    """Store a message; the answer comes over `events`. The same `Idempotency-Key` again is the same message."""
    found = ticket.negotiation_id
    with refused_links(request):  # looked at in the one transaction, and the one other thread, that a message takes
        position = await run_in_threadpool(
            service.negotiations.receive, found, said.text, idempotency_key, ticket.require_latest_of
        )
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
    service.worker.wake(found)  # what was written before the plan was asked for


@router.post("/correct", status_code=204)
def correct(correction: Correction, found: Debtor, service: Service) -> None:
    """Your latest message was not meant as it was understood: what it was taken to offer or to tell does not count."""
    service.negotiations.correct(found, correction.position)


@router.post("/language", status_code=204)
def language(wanted: Tongue, found: Debtor, service: Service) -> None:
    """Be spoken to in this language from here on."""
    service.negotiations.speak(found, wanted.language)


@router.post("/decline", status_code=204)
def decline(found: Debtor, service: Service) -> None:
    """End the conversation without an agreement."""
    service.negotiations.decline(found)


@router.post("/person", status_code=204)
def person(found: Debtor, service: Service) -> None:
    """Ask for a person; the assistant says no more."""
    service.negotiations.ask_for_a_person(found)


@router.get("/events", response_class=EventSourceResponse)
async def events(request: Request, ticket: DebtorTicket, service: Service) -> EventSourceResponse:
    """Server-sent events: `negotiation`, the view, at once and whenever it changes.

    The first has the latest messages, later ones those that are new or have changed. They end if the negotiation is
    erased, or a newer link is made. A link has four at once; one more, and the oldest ends with the event `displaced`.
    """
    leaving = anyio.Event()
    link = request.headers["authorization"].partition(" ")[2]
    stream = views(service.negotiations, ticket.negotiation_id, leaving, ticket.generation, link)
    return EventSourceResponse(stream, ping=PING_S, shutdown_event=leaving, shutdown_grace_period=GRACE_S)


async def views(
    negotiations: Negotiations,
    found: str,
    leaving: anyio.Event | None = None,
    generation: int = 0,
    link: str = "",
) -> AsyncGenerator[dict[str, str]]:
    """The debtor's view of a negotiation as JSON, with what is new whenever it has changed.

    Args:
        negotiations: of the service.
        found: which one.
        leaving: set when the server stops.
        generation: of the link that it is shown to; a newer one ends it.
        link: that it is shown to; a link has so many at once.
    """
    shown, awaited, changed = ShownNegotiation(), True, True
    with negotiations.changes.watching(found, link) as watcher:
        while leaving is None or not leaving.is_set():
            if changed:
                if not awaited:
                    await anyio.sleep(SETTLE_S)
                try:
                    news, awaited = await run_in_threadpool(_news, negotiations, found, shown, generation)
                except (NotThere, BadLink):  # erased meanwhile, or the link was replaced
                    return
                if news is not None:
                    yield {"event": "negotiation", "data": news}
            changed = await negotiations.changes.wait(watcher)
            if watcher.displaced:
                yield {"event": "displaced", "data": json.dumps({"detail": wording.say(DISPLACED)})}
                return


def _news(negotiations: Negotiations, found: str, shown: ShownNegotiation, generation: int) -> tuple[str | None, bool]:
    """What of the view has not been shown, and whether an answer is awaited."""
    view = _view(negotiations, found, generation)
    return shown.news(view), view.answering


def _view(negotiations: Negotiations, found: str, generation: int | None = None) -> NegotiationView:
    with negotiations.database.reading() as session:
        row = row_of(session, found)
        if generation is not None:
            require_generation(row.link_generation, generation)
        messages, after = standing_of(session, found, PAGE)
    return negotiation_view(row, messages, after, today_of(row))
