"""Every test of the service leaves its databases closed; the session leaves nothing on a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra app")

from tests.app.databases import close_down_to, drop_below, number_open

if TYPE_CHECKING:
    from tests.app.served import Served


@pytest.fixture(autouse=True)
def closed_databases() -> Iterator[None]:
    before = number_open()  # a module's own site stays open as long as the module's tests run
    yield
    close_down_to(before)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Served]:
    """A running service, whose operator is logged in."""
    from tests.app.served import served

    with served(tmp_path) as running:
        running.log_in()
        yield running


@pytest.fixture(autouse=True, scope="session")
def empty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    close_down_to(0)
    drop_below(tmp_path_factory.getbasetemp())
