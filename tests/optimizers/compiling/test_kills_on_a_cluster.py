"""A driver that is killed, and its run gone on with: nothing that came back is paid again."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.optimizers.served import Compiler, served

pytest.importorskip("ray", reason="Ray is not installed; make test-cluster installs it")
pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]
WORKERS = 2


def test_a_driver_that_is_killed_is_gone_on_with_and_pays_for_nothing_that_came_back(forker, tmp_path, flags):
    place = ("--cluster", "local", "--workers", WORKERS)
    with served(latency_s=0.05) as model:
        whole = Compiler(forker, tmp_path / "whole", model, *flags).whole()
        once = Counter(model.asked)
        model.asked.clear()
        cut = Compiler(forker, tmp_path / "cut", model, *flags, *place)
        child = cut.begin()
        model.wait_for(once.total() // 2, lambda: child.gone)
        assert child.kill() == -9, cut.said()
        assert 0 < cut.stored() < once.total()
        assert cut.resume(*place).ended() == 0, cut.said()
        assert cut.artifact() == whole
        assert set(model.asked) == set(once)
        assert len(model.asked) <= once.total() + WORKERS
