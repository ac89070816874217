from __future__ import annotations

import pytest

from tests.openai_server import openai_server


@pytest.fixture
def server(monkeypatch):
    """A provider on this machine that the openai models of the test talk to."""
    with openai_server() as running:
        monkeypatch.setenv("OPENAI_API_BASE", running.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        yield running
