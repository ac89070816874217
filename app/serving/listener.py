"""Listens: uvicorn with the service's limits."""

from __future__ import annotations

from typing import Any

import uvicorn
from fastapi import FastAPI

from app.serving import limits
from app.serving.protocol import BoundedProtocol

SETTINGS: dict[str, Any] = {
    "http": BoundedProtocol,
    "ws": "none",
    "limit_concurrency": limits.CONNECTIONS,
    "timeout_keep_alive": limits.KEEP_ALIVE_S,
    "log_level": "warning",
    "log_config": None,
}
"""Of `uvicorn.Config`; what is logged, and how, is `app.telemetry.logs`'s."""


def listen(application: FastAPI, host: str, port: int) -> None:
    """Serve until stopped. Whom a proxy on this machine speaks for is taken from its X-Forwarded-For.

    Args:
        application: of `app.server.create_app`.
        host: address to listen on.
        port: TCP port.
    """
    uvicorn.run(application, host=host, port=port, **SETTINGS)
