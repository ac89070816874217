"""The operator's routes: start, list, read, score, take over, write, hand back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from pydantic import BaseModel, Field

from app.access.in_turn import Busy
from app.access.operators import LOGIN_HOURS, Login
from app.api.debtor_views import PAGE
from app.api.listing import Counts, Listed, counted, latest
from app.api.operator_views import (
    CaseFinding,
    OperatorMessage,
    OperatorView,
    ScoreView,
    finding_view,
    operator_messages,
    operator_view,
    record_of,
    score_view,
    unscored,
)
from app.api.parts import LOGIN_COOKIE, Operator, Service, address_of, too_many
from app.api.problems import PROBLEMS, Text
from app.conversation import takeover as operating
from app.conversation.counters import LOGINS
from app.conversation.negotiations import MAX_MESSAGE_CHARS
from app.database import case_findings
from app.database.stored_rows import CannotBe, messages_of, row_of, standing_of
from app.database.tables import Role, Status
from wording import say

router = APIRouter(prefix="/api", tags=["operator"], responses=PROBLEMS)


class Credentials(BaseModel):
    """Who logs in."""

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    password: Annotated[Text, Field(min_length=1, max_length=200)]
    code: Annotated[Text, Field(max_length=20)] = ""
    """Of the second factor, for operators who have one."""


class LoggedIn(BaseModel):
    """A login; its token is in a cookie that no script can read."""

    operator: str
    csrf: str
    """To be sent as `X-CSRF` with whatever changes something."""
    role: Role


class Begin(BaseModel):
    """With whom to negotiate."""

    case_id: Annotated[Text, Field(min_length=1, max_length=200)]
    timezone: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    """IANA name of the debtor's local time; without it the hours are those of every zone of the rules' country."""
    language: Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z0-9-]+$")] | None = None
    """BCP 47 tag of what to speak; without it what the account says, or the service's own language."""
    asked_for: bool = False
    """The debtor is there and asked for it, so the hours of contact do not matter."""


class Begun(BaseModel):
    """A negotiation and the link for its debtor."""

    id: str
    link: str


class Written(BaseModel):
    """An operator's message."""

    text: Annotated[Text, Field(min_length=1, max_length=MAX_MESSAGE_CHARS)]
    confirmed: bool = False
    """Send it although the rules for the program's words would keep it back; without this it is answered 409."""


class Lifted(BaseModel):
    """Why a finding is lifted."""

    reason: Annotated[Text, Field(min_length=3, max_length=case_findings.LONGEST_REASON)]


class HandedBack(BaseModel):
    """A negotiation that the program is to go on with."""

    reason: Annotated[Text, Field(max_length=case_findings.LONGEST_REASON)] = ""
    """Why the findings that are open may be lifted; needed where there are any."""


@router.post("/login")
async def log_in(credentials: Credentials, service: Service, request: Request, response: Response) -> LoggedIn:
    """Log in."""
    address = address_of(request)
    if not service.login_pace.keeps(address, credentials.name):
        LOGINS.labels(outcome="too often").inc()
        raise too_many()
    login = await _login(credentials, service, address)
    LOGINS.labels(outcome="logged in" if login else "refused").inc()
    if login is None:
        raise HTTPException(401, say("wrong name, password or code"))
    service.login_pace.succeeded(address, login.operator)
    secure = service.base_url.startswith("https:")
    response.set_cookie(
        LOGIN_COOKIE, login.token, max_age=LOGIN_HOURS * 3600, httponly=True, samesite="strict", secure=secure, path="/"
    )
    return LoggedIn(operator=login.operator, csrf=login.csrf, role=login.role)


@router.get("/login")
def logged_in(login: Operator) -> LoggedIn:
    """Who is logged in."""
    return LoggedIn(operator=login.operator, csrf=login.csrf, role=login.role)


@router.post("/logout", status_code=204)
def log_out(login: Operator, service: Service, response: Response) -> None:
    """End this login."""
    service.operators.log_out(login.token)
    response.delete_cookie(LOGIN_COOKIE, path="/")


@router.post("/negotiations", status_code=201)
def begin(asked: Begin, login: Operator, service: Service) -> Begun:
    """Start a negotiation; the program opens it."""
    found = service.negotiations.start(
        asked.case_id,
        asked.timezone or "",
        asked_for=asked.asked_for,
        actor=login.operator,
        language=asked.language,
    )
    service.worker.wake(found)
    return Begun(id=found, link=service.link(found, login.operator))


@router.get("/negotiations")
def list_negotiations(
    login: Operator,
    service: Service,
    status: Annotated[Status | None, Query()] = None,
    needs_a_person: Annotated[bool | None, Query()] = None,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> list[Listed]:
    """The latest negotiations, newest first, a hundred at a time."""
    with service.negotiations.database.reading() as session:
        return latest(session, status, needs_a_person, offset)


@router.get("/counts")
def counts(login: Operator, service: Service) -> Counts:
    """How many negotiations there are in each status, and how many need a person."""
    with service.negotiations.database.reading() as session:
        return counted(session)


@router.get("/negotiations/{negotiation_id}")
def read(negotiation_id: str, login: Operator, service: Service) -> OperatorView:
    """One negotiation: thoughts, ladder, verdicts, what the guard and the rules of conduct did; the latest messages."""
    with service.negotiations.database.reading() as session:
        row = row_of(session, negotiation_id)
        findings = case_findings.of_case(session, row.case_id)
        messages, after = standing_of(session, negotiation_id, PAGE)
        return operator_view(row, messages, after, findings, service.negotiations.house)


@router.get("/negotiations/{negotiation_id}/messages")
def earlier(
    negotiation_id: str, login: Operator, service: Service, before: Annotated[int, Query(ge=1, le=10**6)]
) -> list[OperatorMessage]:
    """What was said before a position, 50 messages at a time, oldest first."""
    with service.negotiations.database.reading() as session:
        row = row_of(session, negotiation_id)
        messages = messages_of(session, negotiation_id)
    return [one for one in operator_messages(row, messages) if before - PAGE <= one.position < before]


@router.get("/negotiations/{negotiation_id}/score")
def scored(negotiation_id: str, login: Operator, service: Service) -> ScoreView:
    """The thirteen metrics and the indices so far."""
    house = service.negotiations.house
    with service.negotiations.database.reading() as session:
        row = row_of(session, negotiation_id)
        messages = messages_of(session, negotiation_id)
    if not any(one.turn for one in messages):
        raise CannotBe(say("nothing has been said yet that could be scored"))
    case = house.whole_case(row.case_id)
    return unscored() if case is None else score_view(record_of(house.program, case, row, messages))


@router.post("/negotiations/{negotiation_id}/link")
def link(negotiation_id: str, login: Operator, service: Service) -> Begun:
    """A fresh link for its debtor; the ones before open nothing any more."""
    return Begun(id=negotiation_id, link=service.link(negotiation_id, login.operator))


@router.post("/negotiations/{negotiation_id}/take-over", status_code=204)
def take_over(negotiation_id: str, login: Operator, service: Service) -> None:
    """Lead it yourself; the program is silent from here on."""
    operating.take_over(service.negotiations.database, negotiation_id, login.operator)


@router.post("/negotiations/{negotiation_id}/hand-back", status_code=204)
def hand_back(negotiation_id: str, login: Operator, service: Service, asked: HandedBack | None = None) -> None:
    """Let the program go on; not after a request to stop, and over an open finding only with a reason."""
    reason = asked.reason if asked else ""
    operating.hand_back(service.negotiations.database, negotiation_id, login.operator, reason)
    service.worker.wake(negotiation_id)


@router.post("/negotiations/{negotiation_id}/messages", status_code=201)
def write(negotiation_id: str, written: Written, login: Operator, service: Service) -> None:
    """Write to the debtor in your own words; only after taking over."""
    house = service.negotiations.house
    operating.write(
        service.negotiations.database,
        negotiation_id,
        login.operator,
        written.text,
        house.profile,
        sure=written.confirmed,
    )


@router.post("/negotiations/{negotiation_id}/close", status_code=204)
def close(negotiation_id: str, login: Operator, service: Service) -> None:
    """End it without an agreement."""
    service.negotiations.decline(negotiation_id, login.operator)


@router.get("/findings")
def findings(
    case_id: Annotated[Text, Query(min_length=1, max_length=200)], login: Operator, service: Service
) -> list[CaseFinding]:
    """What was noticed about a case and binds it, oldest first; what was lifted too."""
    with service.negotiations.database.reading() as session:
        return [finding_view(one) for one in case_findings.of_case(session, case_id)]


@router.post("/findings/{finding_id}/lift", status_code=204)
def lift(
    finding_id: Annotated[int, Path(ge=1, le=2**31 - 1)], lifted: Lifted, login: Operator, service: Service
) -> None:
    """It has been dealt with, or was none; the reason is kept."""
    case_findings.lift(service.negotiations.database, finding_id, login.operator, lifted.reason)


async def _login(credentials: Credentials, service: Service, address: str) -> Login | None:
    """The new login, None if something is wrong; few at once, since each takes much memory."""

    def work() -> Login | None:
        operators = service.operators
        token = operators.log_in(credentials.name, credentials.password, code=credentials.code, address=address)
        return operators.known(token) if token else None

    try:
        return await service.login_turns.run(work)
    except Busy as error:
        LOGINS.labels(outcome="busy").inc()
        raise too_many() from error
