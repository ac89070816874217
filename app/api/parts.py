"""What every route needs: the service's parts, who asks, and answers to what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.in_turn import InTurn
from app.access.links import BadLink, Links, LinkTicket, next_generation, require_latest
from app.access.login_pace import LoginPace
from app.access.operators import UNKNOWN_ADDRESS, Login, Operators
from app.access.rate_limit import RateLimit
from app.api.problems import CANNOT_BE, explain_invalid
from app.api.route_roles import refusal
from app.conversation.counters import REQUESTS
from app.conversation.negotiations import Negotiations
from app.conversation.takeover import Unconfirmed
from app.conversation.worker import Worker
from app.database.stored_rows import CannotBe, NotNow, NotThere, knows_language, row_of
from app.serving import limits
from plumbing.errors import UserError
from wording import chosen, say, speaking

LOGINS_AT_ONCE = 1
"""Each takes 64 MiB and a processor; a storm of two at once took a service to 434 MB."""
LOGINS_WAITING = 60
LOGIN_COOKIE = "maden_login"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass
class Parts:
    """The service put together; `app.state.parts`."""

    negotiations: Negotiations
    links: Links
    operators: Operators
    worker: Worker
    base_url: str
    """Where debtors reach the service, for links."""
    requests_per_minute: int = 120
    """Of one debtor, or of one address that is not logged in."""
    login_pace: LoginPace = field(default_factory=LoginPace)
    login_turns: InTurn = field(default_factory=lambda: InTurn(LOGINS_AT_ONCE, LOGINS_WAITING))

    def __post_init__(self) -> None:
        self._pace = RateLimit(self.requests_per_minute)

    def link(self, negotiation_id: str, actor: str = "service") -> str:
        """A new link for a debtor, which ends those before; its secret stands behind the #, which no server is sent.

        It names the language of the negotiation, so that the page opens in it.

        Raises:
            NotThere: no such negotiation.
        """
        generation = next_generation(self.negotiations.database, negotiation_id, actor)
        with self.negotiations.database.reading() as session:
            row = row_of(session, negotiation_id)
        asked = f"?lang={row.language}" if row.language and knows_language(row) else ""
        return f"{self.base_url}/negotiation{asked}#{self.links.token(negotiation_id, generation)}"

    def require_pace(self, who: str) -> None:
        """Refuse whoever asks too often.

        Raises:
            HTTPException: 429.
        """
        if not self._pace.keeps(who):
            raise too_many()


async def parts(request: Request) -> Parts:
    """The service that this request is for."""
    found: Parts = request.app.state.parts
    return found


def too_many() -> HTTPException:
    """What whoever asks too often is answered."""
    return HTTPException(429, say("too many requests; wait a minute"), headers={"Retry-After": "60"})


async def signed_ticket(request: Request, authorization: Annotated[str, Header()] = "") -> LinkTicket:
    """What the bearer of a debtor's token may see if no newer link was made; whoever asks for this one looks.

    Raises:
        HTTPException: 401 for no token or a bad one, 429.
    """
    service: Parts = request.app.state.parts
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        service.require_pace(address_of(request))
        raise HTTPException(401, say("open the link that was sent to you"), headers={"WWW-Authenticate": "Bearer"})
    with refused_links(request):
        found = service.links.read(token)
    service.require_pace(found.negotiation_id)
    return found


SignedTicket = Annotated[LinkTicket, Depends(signed_ticket)]


def ticket(request: Request, found: SignedTicket) -> LinkTicket:
    """What the bearer of a debtor's token may see; the token is that of the negotiation's latest link.

    Raises:
        HTTPException: 401 for a link that a newer one has replaced.
        NotThere: its negotiation was erased.
    """
    with refused_links(request):
        require_latest(request.app.state.parts.negotiations.database, found)
    return found


@contextmanager
def refused_links(request: Request) -> Iterator[None]:
    """A block in which a bad link is answered with 401, and counts as a request of its address."""
    try:
        yield
    except BadLink as error:
        request.app.state.parts.require_pace(address_of(request))
        raise HTTPException(401, str(error), headers={"WWW-Authenticate": "Bearer"}) from error


DebtorTicket = Annotated[LinkTicket, Depends(ticket)]


async def debtor(found: DebtorTicket) -> str:
    """The negotiation that the bearer of a debtor's token may see."""
    return found.negotiation_id


def operator(request: Request, x_csrf: Annotated[str, Header()] = "") -> Login:
    """The operator who is logged in, if the role is the route's; what changes something comes from a page of the login.

    Raises:
        HTTPException: 401, 403, 429.
    """
    service: Parts = request.app.state.parts
    login = service.operators.known(request.cookies.get(LOGIN_COOKIE, ""))
    if login is None:
        service.require_pace(address_of(request))
        raise HTTPException(401, say("log in first"))
    if request.method not in SAFE and x_csrf != login.csrf:
        raise HTTPException(403, say("this request did not come from a page of your login; reload the page"))
    if (against := refusal(login.role, request.method, request.scope["route"].path)) is not None:
        raise HTTPException(403, against)
    return login


Service = Annotated[Parts, Depends(parts)]
Debtor = Annotated[str, Depends(debtor)]
Operator = Annotated[Login, Depends(operator)]


def prepare(app: FastAPI) -> None:
    """Hang errors, limits and headers on the application."""
    explain_invalid(app)

    @app.exception_handler(NotThere)
    def not_there(_: Request, __: NotThere) -> JSONResponse:
        return JSONResponse({"detail": say("there is no such negotiation")}, 404)

    @app.exception_handler(NotNow)
    def not_now(_: Request, why: NotNow) -> JSONResponse:
        return JSONResponse({"detail": str(why), "confirm": isinstance(why, Unconfirmed)}, 409)

    @app.exception_handler(CannotBe)
    def cannot_be(_: Request, why: CannotBe) -> JSONResponse:
        return JSONResponse({"detail": str(why)}, 422)

    @app.exception_handler(UserError)
    def mistaken(_: Request, __: UserError) -> JSONResponse:
        # The sentence was made for a command line, and may repeat the request or name a file.
        return JSONResponse({"detail": say(CANNOT_BE)}, 422)

    app.add_middleware(Guard)


class Guard:
    """Refuses what is too long, bodies before they are read; names the policy of every page; counts; speaks.

    Written to ASGI: Starlette's BaseHTTPMiddleware sends every event of a stream through two more tasks.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                route = getattr(scope.get("route"), "path", "none")
                REQUESTS.labels(route=route, status=message["status"]).inc()
            await send(message)

        with speaking(chosen(Headers(scope=scope).get("accept-language", ""))):
            await (_refusal(scope) or self.app)(scope, receive, send_guarded)


_TOO_LONG = {
    status: JSONResponse({"detail": f"{what} has at most {most} bytes"}, status)
    for status, what, most in (
        (413, "a request", limits.MAX_BODY_BYTES),
        (414, "an address", limits.MAX_ADDRESS_BYTES),
        (431, "the head of a request", limits.MAX_HEAD_BYTES),
    )
}


def _refusal(scope: Scope) -> JSONResponse | None:
    """For what is too long; a head that comes piece by piece is refused by the server already."""
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > limits.MAX_ADDRESS_BYTES:
        return _TOO_LONG[414]
    if sum(len(name) + len(value) for name, value in scope["headers"]) > limits.MAX_HEAD_BYTES:
        return _TOO_LONG[431]
    return _TOO_LONG[413] if _body_too_long(Headers(scope=scope)) else None


def _body_too_long(headers: Headers) -> bool:
    length = headers.get("content-length", "0")
    return "transfer-encoding" in headers or not length.isdigit() or int(length) > limits.MAX_BODY_BYTES


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else UNKNOWN_ADDRESS
