"""A compile is killed again and again, and goes on as if it never had been."""

from __future__ import annotations

import random

import pytest

from tests.conftest import THOROUGH
from tests.optimizers.served import Compiler, nap, served

pytestmark = pytest.mark.slow

THREADS = 2
KILLS = 12 if THOROUGH else 3
OTHERS = [
    pytest.param(name, 2 if THOROUGH else 1, marks=[] if name in ("mipro", "search") else pytest.mark.thorough)
    for name in ("random-search", "mipro", "gepa", "simba", "search")
]


def killed_again_and_again(compiler, model, kills, requests):
    """Kill `kills` sessions: three of four as they work, every fourth some time after its start.

    Returns what each lost: answers that the model has sent and the run's file does not hold, so that they must be paid
    again; an answer that was paid again although it is in the file counts as lost too.
    """
    rng, lost = random.Random(1), []
    while len(lost) < kills:
        last = requests + sum(lost)
        model.hold_from(last)  # a compile that ends before its kill would be no test
        child = compiler.go_on()
        if len(lost) % 4 == 3:
            nap(rng.uniform(0, 0.5))
        else:
            step = max(1, 2 * requests // kills - 1)
            model.wait_for(min(last, len(model.asked) + rng.randint(1, step)), lambda child=child: child.gone)
            nap(rng.uniform(0, 0.03))
        assert child.kill() == -9, compiler.said()
        model.hold_from(None)
        lost.append(len(model.asked) - compiler.stored() - sum(lost))
    return lost


@pytest.mark.parametrize(("strategy", "kills"), [("bootstrap", KILLS), *OTHERS])
def test_kill_minus_nine_at_any_moment_costs_no_answer_and_changes_no_byte(forker, tmp_path, flags, strategy, kills):
    with served() as model:
        whole = Compiler(forker, tmp_path / "whole", model, *flags, "--optimizer", strategy)
        artifact, requests = whole.whole(), len(model.asked)
        assert whole.stored() == requests
    with served() as model:
        killed = Compiler(forker, tmp_path / "killed", model, *flags, "--optimizer", strategy, threads=THREADS)
        lost = killed_again_and_again(killed, model, kills, requests)
        assert killed.resume().ended() == 0, killed.said()
        assert killed.artifact() == artifact
        assert killed.versions() == ["v0001.json"]
        assert max(lost) <= THREADS, "at most what each worker was waiting for"
        assert len(model.asked) == requests + sum(lost)
        assert killed.stored() == requests
