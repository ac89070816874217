from __future__ import annotations

import os

import pytest

os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"  # Ray warns of a default that will change


def pytest_runtest_setup(item):
    if item.get_closest_marker("cluster"):
        pytest.importorskip("ray", reason="Ray is not installed; make test-cluster installs it")
