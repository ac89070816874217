"""The application: routes, pages, health, and the worker that answers while it runs."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from app.api import account_routes, debtor_routes, operator_routes
from app.api.parts import Parts, Service, prepare
from app.database.notifications import Listener
from app.rendering import page, page_language
from screening.languages import written_in
from wording import LANGUAGES

PAGES = Path(__file__).with_name("pages")
ABOUT = "Negotiations of overdue debts by a compiled program, with people responsible for it."
UNTOLD: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
SWITCH_EVERY_S = 0.0005
"""How long a thread computes before others get their turn, a tenth of Python's own: whoever has waited for the disk or
the network has a lock to let go, or a message to send, and needs the interpreter only for a moment."""


def create_app(service: Parts, telemetry: TelemetryConfig | None = None) -> FastAPI:
    """The ASGI application of a service; the worker runs as long as it does.

    Args:
        service: its parts.
        telemetry: what FastAPI tells of requests (`app.telemetry.traces`); None: nothing, whoever would listen.
    """

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        listener = Listener(service.negotiations.database, service.negotiations.changes.heard)
        service.worker.start()
        listener.start()
        try:
            yield
        finally:
            await run_in_threadpool(listener.stop)
            await run_in_threadpool(service.worker.stop)

    app = FastAPI(
        title="maden",
        description=ABOUT,
        lifespan=running,
        docs_url=None,
        redoc_url=None,
        telemetry=telemetry or UNTOLD,
    )
    app.state.parts = service
    prepare(app)
    app.include_router(debtor_routes.router)
    app.include_router(operator_routes.router)
    app.include_router(account_routes.router)
    app.mount("/pages", StaticFiles(directory=PAGES))
    app.mount("/swagger", StaticFiles(packages=[("fastapi_offline", "static")]))

    @app.get("/negotiation", include_in_schema=False)
    def debtor_page(request: Request) -> HTMLResponse:
        return page("negotiation", page_language(request, service.negotiations.house.language))

    @app.get("/operator", include_in_schema=False)
    def operator_page(request: Request) -> HTMLResponse:
        return page("operator", page_language(request, service.negotiations.house.language))

    @app.get("/api/docs", include_in_schema=False)
    def api_page() -> FileResponse:
        return FileResponse(PAGES / "api.html")

    @app.get("/health", tags=["machine"])
    def health() -> dict[str, str]:
        """The process lives."""
        return {"status": "alive"}

    @app.get(
        "/ready",
        tags=["machine"],
        responses={503: {"description": "database, model or worker do not do their work"}},
    )
    def ready(service: Service, response: Response) -> dict[str, bool]:
        """Whether messages are stored and answered."""
        found = {"database": _stores(service), "model": service.worker.reachable, "worker": service.worker.sound}
        response.status_code = 200 if all(found.values()) else 503
        return found

    @app.get("/metrics", tags=["machine"], response_class=Response)
    def metrics() -> Response:
        """Counters in Prometheus's form."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


def set_for_serving() -> None:
    """Pages made once, short turns, and no long pauses of the garbage collector; call it when everything is loaded."""
    for tag in LANGUAGES:
        page("negotiation", tag)
        page("operator", tag)
        written_in("...a", tag)  # a tenth of a second to load its library
    sys.setswitchinterval(SWITCH_EVERY_S)
    gc.collect()
    gc.freeze()  # what is loaded stays; looking through it takes 0.1 s, in which nobody is served


def _stores(service: Parts) -> bool:
    try:
        with service.negotiations.database.reading() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
