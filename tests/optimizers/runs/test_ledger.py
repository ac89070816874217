from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from optimizers.runs.ledger import Ledger, LedgerLine
from programs.creditor.rules import RuleCreditor
from programs.debtor.simulated import SimulatedDebtor
from programs.table.runner import play
from tests.programs.cases import POLICY, random_cases

CASE = random_cases(1)[0]
RECORD = play(CASE, RuleCreditor("boulware", CASE.creditor_view(), POLICY, 0), SimulatedDebtor(CASE, 0), POLICY, 0)
WORKERS, LINES = 4, 100


def line(key: str, score: float = 0.5, words: str = "") -> LedgerLine:
    return LedgerLine(
        key=key,
        candidate="c",
        phase="uncompiled",
        case_id=RECORD.case.case_id,
        seed=0,
        ending=RECORD.ending.value,
        score=score,
        metrics={"DR": 3},
        cost={"calls": 1, "words": words},
        negotiation=RECORD.model_dump(mode="json", exclude_none=True),
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "negotiations.jsonl"


def test_a_line_is_found_again_by_this_and_by_another_reader_with_its_record(path):
    ledger, other = Ledger(path), Ledger(path)
    assert ledger.get("k") is None
    ledger.add(line("k"))
    assert ledger.get("k") == other.get("k") == line("k")
    assert other.get("k").record == RECORD


def test_the_first_line_of_a_key_stays(path):
    first, second = Ledger(path), Ledger(path)
    first.add(line("k", 0.1))
    second.add(line("k", 0.9))
    assert [one.score for one in Ledger(path)] == [0.1]
    assert len(path.read_text().splitlines()) == 1


@pytest.mark.parametrize("keep", [1, 20, -2, -1])
def test_a_torn_last_line_is_owed_again_and_spoils_no_other(path, keep):
    ledger = Ledger(path)
    ledger.add(line("whole"))
    whole = path.stat().st_size
    ledger.add(line("torn"))
    data = path.read_bytes()
    path.write_bytes(data[: whole + keep] if keep > 0 else data[:keep])
    again = Ledger(path)
    assert again.get("whole") is not None
    assert again.get("torn") is None
    again.add(line("torn"))
    again.add(line("next"))
    assert [one.key for one in Ledger(path)] == ["whole", "torn", "next"]


def test_a_reader_sees_what_another_process_has_added_since(path):
    reader = Ledger(path)
    assert list(reader) == []
    Ledger(path).add(line("a"))
    assert [one.key for one in reader] == ["a"]
    Ledger(path).add(line("b"))
    assert reader.get("b") is not None


def _fill(path, worker):
    ledger = Ledger(path)
    for number in range(LINES):
        ledger.add(line(f"{worker}-{number}", words="long " * 4000))


def test_lines_of_several_processes_never_tear_even_when_one_is_killed(path):
    forking = multiprocessing.get_context("fork")
    workers = [forking.Process(target=_fill, args=(path, number)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    reader = Ledger(path)
    while reader.get(f"0-{LINES // 4}") is None:
        pass
    os.kill(workers[0].pid, signal.SIGKILL)
    for worker in workers:
        worker.join()
    keys = {one.key for one in Ledger(path)}
    assert {f"{worker}-{number}" for worker in range(1, WORKERS) for number in range(LINES)} <= keys
    assert {f"0-{number}" for number in range(LINES // 4)} <= keys


def test_threads_share_one_ledger(path):
    ledger = Ledger(path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: ledger.add(line(str(number % 50))), range(200)))
    assert len(path.read_text().splitlines()) == len(list(Ledger(path))) == 50
