from __future__ import annotations

import pytest

from tests.optimizers.served import Forker


@pytest.fixture(scope="module")
def forker(tmp_path_factory):
    """Starts compiles without their second of imports."""
    process = Forker(tmp_path_factory.mktemp("forker"))
    yield process
    process.close()
