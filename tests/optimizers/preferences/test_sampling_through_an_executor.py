"""Debtors sampled one by one, by whatever looks at their tables: halts, losses, order."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from optimizers.preferences.run import PreferenceConfig, PreferenceRun, Progress, sample
from optimizers.preferences.sampling import SamplingPlan
from optimizers.runs.halt import Halted
from plumbing.cli import EXIT_INTERRUPTED
from plumbing.errors import UserError
from programs.playing.executor import Executor
from programs.table.failures import InfrastructureFailure
from tests.data.builders import unlike
from tests.optimizers.preferences.command import candidates, rows, sampled
from tests.optimizers.preferences.students import over_conceding

CASES = tuple(unlike(number) for number in range(12))
IDS = [case.case_id for case in CASES]
GONE = InfrastructureFailure("down")
CAP = Halted("max_calls", "the budget of 1 calls is used up")


class Source:
    """Looks at no table; `does` says what becomes of a debtor, by its number."""

    def __init__(self, does=lambda number: None):
        self.does, self.begun, self.lock = does, [], threading.Lock()

    def tables(self, case, seed):
        number = IDS.index(case.case_id)
        with self.lock:
            self.begun.append(number)
        if (why := self.does(number)) is not None:
            raise why
        return []


@pytest.fixture
def run(tmp_path):
    plan = SamplingPlan()
    config = PreferenceConfig(
        teacher="linear", teacher_sha256="", teacher_lm=None, student_lm="x", book_sha256="", playing_sha256="", seed=4,
        plan=plan,
    )  # fmt: skip
    return PreferenceRun(tmp_path, config)


def outcome(run, source, at_once=1):
    """Whom it has, why it ended early, who was lost."""
    lost = []
    told = Progress(lambda one, known: None, lambda case_id, why: lost.append((case_id, why)))
    found, halted = sample(run, source, CASES, Executor(at_once), told)
    assert {one.case_id for one in found} <= set(run.known())
    assert {one.seed for one in found} <= {4}
    return [IDS.index(one.case_id) for one in found], halted, lost


def test_debtors_come_in_their_order_whoever_is_done_first(run):
    def slow_at_first(number):
        time.sleep(0.3 if number == 0 else 0)

    assert outcome(run, Source(slow_at_first), 3) == (list(range(12)), None, [])


def test_what_is_on_the_disk_is_not_sampled_again(run):
    outcome(run, Source(lambda number: None if number % 2 else GONE))
    again = Source()
    assert outcome(run, again)[0] == list(range(12))
    assert again.begun == list(range(0, 12, 2))


def test_after_a_halt_nothing_new_begins(run):
    source = Source(lambda number: CAP if number == 3 else None)
    found, halted, _ = outcome(run, source)
    assert found == [0, 1, 2]
    assert halted.reason == "max_calls"
    assert source.begun == [0, 1, 2, 3]


def test_what_had_begun_before_a_halt_is_kept(run):
    reached = threading.Barrier(3)

    def two_go_on(number):
        reached.wait(60)
        time.sleep(0 if number == 1 else 0.5)
        return CAP if number == 1 else None

    source = Source(two_go_on)
    found, halted, _ = outcome(run, source, 3)
    assert found == [0, 2]
    assert str(halted) == "the budget of 1 calls is used up"
    assert sorted(source.begun) == [0, 1, 2]


@pytest.mark.parametrize("at_once", [1, 3])
def test_who_is_lost_is_counted_and_the_others_are_sampled(run, at_once):
    found, halted, lost = outcome(run, Source(lambda number: GONE if number in (2, 7) else None), at_once)
    assert found == [number for number in range(12) if number not in (2, 7)]
    assert halted is None
    assert sorted(lost) == [(IDS[2], "down"), (IDS[7], "down")]


@pytest.mark.parametrize("at_once", [1, 3])
def test_five_lost_in_a_row_end_it(run, at_once):
    source = Source(lambda number: GONE)
    with pytest.raises(UserError, match=r"5 debtors in a row were lost because the model failed \(down\)"):
        outcome(run, source, at_once)
    assert 5 <= len(source.begun) <= 5 + 2 * at_once


def test_what_a_source_raises_ends_it(run):
    source = Source(lambda number: ZeroDivisionError() if number == 1 else None)
    with pytest.raises(ZeroDivisionError):
        outcome(run, source)
    assert list(run.known()) == IDS[:1]


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_ends_it_in_order_with_the_pairs_so_far(line, tmp_path, book, threads):
    lm = over_conceding(cache=True)
    answer, asked = lm.engine.answer, []

    def interrupting(prompt):
        asked.append(prompt)
        if len(asked) == 40:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        return answer(prompt)

    lm.engine.answer = interrupting
    line.use_model(lm)
    result = sampled(line, tmp_path, book, "--debtors", 12, "--threads", threads)
    assert result.code == EXIT_INTERRUPTED, result.err
    assert "stopping: what is being answered ends" in result.err
    assert "stopped early: the sampling was interrupted" in result.err
    assert 0 < len(candidates(tmp_path)) < 12
    assert rows(tmp_path)
