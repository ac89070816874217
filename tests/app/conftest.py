"""Every test of the service leaves its databases closed; the session leaves nothing on a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra app")

from tests.app.databases import close_all, drop_below


@pytest.fixture(autouse=True)
def closed_databases() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture(autouse=True, scope="session")
def empty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    drop_below(tmp_path_factory.getbasetemp())
