from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import dspy
import pytest

from data.domain import DebtCase, Ending, Move, MoveKind, Negotiation, Speaker, Turn
from data.terms import Terms
from plumbing import files
from programs.playing.executor import Executor
from programs.playing.played_store import Ground, PlayedStore, evaluate_with_store, lm_id, owed
from tests.data.builders import make_case, unlike

TERMS = Terms(discount_pct=0, immediate_payment_pct=20, immediate_payment_days=7, installment_periods=6)
GROUND = Ground(fingerprint="f" * 64, lm="none")


def agreed(case: DebtCase | None = None, seed: int = 0) -> Negotiation:
    turn = Turn(
        speaker=Speaker.CREDITOR, move=Move(kind=MoveKind.REJECT), dialogue="还款: naïve — “quoted”\nsecond line"
    )
    return Negotiation(case=case or make_case(), turns=(turn,), ending=Ending.AGREEMENT, agreed=TERMS, seed=seed)


def broken(case: DebtCase | None = None) -> Negotiation:
    return Negotiation(case=case or make_case(), ending=Ending.INFRASTRUCTURE, failure="timeout: too slow")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "one" / "played.jsonl"


class Counting:
    """A program that notes whom it played."""

    def __init__(self, ending: Ending = Ending.AGREEMENT) -> None:
        self.calls: list[tuple[str, int]] = []
        self.ending = ending

    def __call__(self, case: DebtCase, seed: int) -> SimpleNamespace:
        self.calls.append((case.case_id, seed))
        return SimpleNamespace(negotiation=agreed(case, seed) if self.ending is Ending.AGREEMENT else broken(case))


def test_what_was_put_is_got_back_whole_by_another_store_on_the_same_file(path):
    PlayedStore(path).put("k", agreed())
    assert PlayedStore(path).get("k") == agreed()
    assert PlayedStore(path).get("other") is None


def test_a_store_without_a_file_is_empty_and_makes_none_by_reading(path):
    assert PlayedStore(path).get("k") is None
    assert len(PlayedStore(path)) == 0
    assert not path.exists()


def test_what_another_process_appended_meanwhile_is_found(path):
    mine, theirs = PlayedStore(path), PlayedStore(path)
    mine.put("a", agreed(seed=1))
    assert theirs.get("a") == agreed(seed=1)
    theirs.put("b", agreed(seed=2))
    assert mine.get("b") == agreed(seed=2)


def test_infrastructure_endings_are_never_stored(path):
    store = PlayedStore(path)
    store.put("k", broken())
    assert store.get("k") is None
    assert not path.exists()


@pytest.mark.parametrize("kept", [1, 40, -2], ids=["one byte", "forty bytes", "all but the end"])
def test_a_torn_last_line_is_owed_again_and_the_next_line_stands_on_its_own(path, kept):
    store = PlayedStore(path)
    store.put("a", agreed(seed=1))
    whole = path.read_bytes()
    path.write_bytes(whole + whole.replace(b'"a"', b'"b"')[:kept])
    again = PlayedStore(path)
    assert again.get("a") == agreed(seed=1)
    assert again.get("b") is None
    again.put("b", agreed(seed=2))
    fresh = PlayedStore(path)
    assert (fresh.get("a"), fresh.get("b"), len(fresh)) == (agreed(seed=1), agreed(seed=2), 2)


@pytest.mark.parametrize(
    "line", ["", "not json", "[1, 2]", '"text"', "null", '{"key": "x"}', '{"key": "x", "negotiation": {"case": 1}}']
)
def test_lines_that_are_no_record_are_passed_over(path, line):
    PlayedStore(path).put("a", agreed())
    with path.open("a") as file:
        file.write(line + "\n")
    PlayedStore(path).put("b", agreed())
    store = PlayedStore(path)
    assert store.get("a") == store.get("b") == agreed()
    assert store.get("x") is None


def test_threads_and_processes_append_to_one_file_without_losing_or_mixing_lines(path):
    child = (
        "import sys; from programs.playing.played_store import PlayedStore;"
        "from tests.programs.playing.test_played_store import agreed;"
        "s = PlayedStore(sys.argv[1]); [s.put(f'child-{i}', agreed(seed=i)) for i in range(60)]"
    )
    process = subprocess.Popen([sys.executable, "-c", child, str(path)], cwd=Path(__file__).parents[3])
    store = PlayedStore(path)
    threads = [
        threading.Thread(target=lambda t=t: [store.put(f"{t}-{i}", agreed(seed=i)) for i in range(20)])
        for t in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert process.wait() == 0
    assert len(PlayedStore(path)) == 120
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 120


def test_a_full_disk_is_an_os_error_with_the_file_and_keeps_what_was_there(path, monkeypatch):
    store = PlayedStore(path)
    store.put("a", agreed())
    write = os.write
    monkeypatch.setattr(files.os, "write", lambda handle, data: write(handle, data[:30]))
    with pytest.raises(OSError, match=str(path)) as error:
        store.put("b", agreed())
    assert error.value.errno == errno.ENOSPC
    monkeypatch.undo()
    assert PlayedStore(path).get("a") == agreed()
    assert store.get("b") is None


@pytest.mark.parametrize(
    "other",
    [
        Ground("e" * 64, "none").key(make_case(), 0),
        Ground("f" * 64, "model-b").key(make_case(), 0),
        Ground("f" * 64, "none", "lm").key(make_case(), 0),
        GROUND.key(make_case(assets=1), 0),
        GROUND.key(make_case(), 1),
    ],
    ids=["program", "model", "debtor", "case", "seed"],
)
def test_the_key_tells_apart(other):
    assert GROUND.key(make_case(), 0) != other
    assert GROUND.key(make_case(), 0) == Ground("f" * 64, "none").key(make_case(), 0)


def test_the_key_changes_with_the_code_that_plays(monkeypatch):
    before = GROUND.key(make_case(), 0)
    monkeypatch.setattr("programs.kinds.kind.code_behind", lambda modules: "another")
    assert GROUND.key(make_case(), 0) != before


def test_lm_id_holds_model_and_settings_but_no_key():
    lm = dspy.LM("openai/some-model", engine="litellm", api_key="secret-key", api_base="http://a")
    assert "some-model" in lm_id(lm)
    assert "http://a" in lm_id(lm)
    assert "secret-key" not in lm_id(lm)
    assert lm_id(lm) != lm_id(lm.copy(max_tokens=7))
    assert lm_id(None) == "none"


def test_a_second_evaluation_plays_nothing_and_scores_the_same(path):
    cases = [unlike(0), unlike(1), unlike(2)]
    first, second = Counting(), Counting()
    heard: list[str] = []
    evaluate = {"ground": GROUND, "seed": 5, "trials": 2}
    one = evaluate_with_store(first, cases, store=PlayedStore(path), **evaluate)
    two = evaluate_with_store(
        second, cases, store=PlayedStore(path), on_played=lambda n: heard.append(n.case.case_id), **evaluate
    )
    assert sorted(first.calls) == sorted((c.case_id, s) for c in cases for s in (5, 6))
    assert second.calls == []
    assert one == two
    assert len(heard) == 6


def test_after_an_interruption_only_the_rest_is_played(path):
    cases = [unlike(0), unlike(1), unlike(2)]

    class Interrupted(Counting):
        def __call__(self, case: DebtCase, seed: int) -> SimpleNamespace:
            if len(self.calls) == 2:
                raise KeyboardInterrupt
            return super().__call__(case, seed)

    with pytest.raises(KeyboardInterrupt):
        evaluate_with_store(Interrupted(), cases, ground=GROUND, store=PlayedStore(path))
    assert owed(GROUND, cases, PlayedStore(path)) == 1
    rest = Counting()
    evaluation = evaluate_with_store(rest, cases, ground=GROUND, store=PlayedStore(path))
    assert rest.calls == [("d-0002", 0)]
    assert evaluation.scored == 3


def test_what_infrastructure_broke_is_retried_left_unscored_and_owed(path):
    cases, program = [unlike(0)], Counting(Ending.INFRASTRUCTURE)
    evaluation = evaluate_with_store(program, cases, ground=GROUND, store=PlayedStore(path), retries=2)
    assert len(program.calls) == 3
    assert (evaluation.scored, evaluation.unscored) == (0, 1)
    assert owed(GROUND, cases, PlayedStore(path)) == 1


def test_threads_play_each_negotiation_once(path):
    cases, program = [unlike(i) for i in range(8)], Counting()
    evaluation = evaluate_with_store(program, cases, ground=GROUND, store=PlayedStore(path), executor=Executor(4))
    assert sorted(program.calls) == [(case.case_id, 0) for case in cases]
    assert [p.case_id for p in evaluation.played] == [case.case_id for case in cases]
