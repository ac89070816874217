from __future__ import annotations

import os

import pytest

pytest.importorskip("ray", reason="Ray is not installed; make test-cluster installs it")
os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"  # Ray warns of a default that will change
