"""Loading and freeing a real small model (SmolLM2-135M)."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

LOAD_AND_FREE = """
import sys
from programs.models.embedded.loaded_server import LoadedServer, ServerSettings

for _ in range(8):
    LoadedServer(ServerSettings(sys.argv[1], context=256, writing_threads=1, reading_threads=1))
print("done")
"""


def test_a_server_may_be_freed_as_soon_as_it_is_loaded(model_file):
    # In a process of its own: one that hangs in there holds Python's lock, and no timeout of Python's ends it.
    command = [sys.executable, "-c", LOAD_AND_FREE, str(model_file)]
    assert subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=120).stdout == "done\n"
