"""A folder of artifacts with one saved program in it."""

from __future__ import annotations

import pytest

from programs.artifacts.provenance import Provenance
from programs.artifacts.store import save_program
from tests.programs.saved import compiled, scores


@pytest.fixture
def root(tmp_path):
    return tmp_path / "artifacts"


@pytest.fixture
def saved(root):
    return save_program(compiled(), "maden", Provenance(scores=scores()), root=root)
