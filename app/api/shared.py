"""What every route needs: the service's parts, who asks, and answers to what goes wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.middleware.base import BaseHTTPMiddleware

from app.api.problems import explain_invalid
from app.links import BadLink, Links
from app.metrics import REQUESTS
from app.negotiations import Negotiations
from app.operators import Login, Operators
from app.store import NotNow, NotThere
from app.worker import Worker
from data.errors import UserError

MAX_BODY_BYTES = 16 * 1024
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

    def __post_init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerMinute(self.requests_per_minute)

    def link(self, negotiation_id: str) -> str:
        """The link for a debtor; its secret stands behind the #, which browsers send to no server."""
        return f"{self.base_url}/negotiation#{self.links.token(negotiation_id)}"

    def require_pace(self, who: str) -> None:
        """Refuse whoever asks too often.

        Raises:
            HTTPException: 429.
        """
        if not self._limiter.hit(self._rate, who):
            raise HTTPException(429, "too many requests; wait a minute", headers={"Retry-After": "60"})


def parts(request: Request) -> Parts:
    """The service that this request is for."""
    found: Parts = request.app.state.parts
    return found


def debtor(request: Request, authorization: Annotated[str, Header()] = "") -> str:
    """The negotiation that the bearer of a debtor's token may see.

    Raises:
        HTTPException: 401 for no token or a bad one, 429.
    """
    service = parts(request)
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        service.require_pace(_address(request))
        raise HTTPException(401, "open the link that was sent to you", headers={"WWW-Authenticate": "Bearer"})
    try:
        found = service.links.negotiation(token)
    except BadLink as error:
        service.require_pace(_address(request))
        raise HTTPException(401, str(error), headers={"WWW-Authenticate": "Bearer"}) from error
    service.require_pace(found)
    return found


def operator(request: Request, x_csrf: Annotated[str, Header()] = "") -> Login:
    """The operator who is logged in; what changes something must come from a page of that login.

    Raises:
        HTTPException: 401, 403, 429.
    """
    service = parts(request)
    login = service.operators.known(request.cookies.get(LOGIN_COOKIE, ""))
    if login is None:
        service.require_pace(_address(request))
        raise HTTPException(401, "log in first")
    if request.method not in SAFE and x_csrf != login.csrf:
        raise HTTPException(403, "this request did not come from a page of your login; reload the page")
    return login


Service = Annotated[Parts, Depends(parts)]
Debtor = Annotated[str, Depends(debtor)]
Operator = Annotated[Login, Depends(operator)]


def prepare(app: FastAPI) -> None:
    """Hang errors, limits and headers on the application."""
    explain_invalid(app)

    @app.exception_handler(NotThere)
    def not_there(_: Request, __: NotThere) -> JSONResponse:
        return JSONResponse({"detail": "there is no such negotiation"}, 404)

    @app.exception_handler(NotNow)
    def not_now(_: Request, why: NotNow) -> JSONResponse:
        return JSONResponse({"detail": str(why)}, 409)

    @app.exception_handler(UserError)
    def mistaken(_: Request, why: UserError) -> JSONResponse:
        return JSONResponse({"detail": str(why)}, 422)

    app.add_middleware(BaseHTTPMiddleware, dispatch=_guarded)


async def _guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse bodies that are too long, before they are read; name the policy of every page; count."""
    length = request.headers.get("content-length", "0")
    chunked = "transfer-encoding" in request.headers
    if chunked or not length.isdigit() or int(length) > MAX_BODY_BYTES:
        response: Response = JSONResponse({"detail": f"a request has at most {MAX_BODY_BYTES} bytes"}, 413)
    else:
        response = await call_next(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    route = request.scope.get("route")
    REQUESTS.labels(route=getattr(route, "path", "none"), status=response.status_code).inc()
    return response


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
