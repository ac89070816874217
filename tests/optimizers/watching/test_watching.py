"""Watchers of a compile: bars and lines, the log, MLflow, and that none of them can stop it."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from data.domain import Move, MoveKind, Speaker, Turn
from optimizers.compile_config import CompileConfig
from optimizers.runs.ledger import LedgerLine
from optimizers.spending.budget import Limits, Spent
from optimizers.watching.log import LogWatcher
from optimizers.watching.mlflow import MlflowWatcher
from optimizers.watching.terminal import BarsWatcher, spent_words
from optimizers.watching.watchers import RunWatcher, Watchers
from plumbing.errors import UserError
from programs.artifacts.provenance import Provenance
from programs.artifacts.store import save_program
from programs.maden import Maden

SHA = "ab" * 32


def ledger_line(case_id: str = "d-1", score: float = 0.5, candidate: str = SHA) -> LedgerLine:
    return LedgerLine(
        key=f"{candidate}{case_id}",
        candidate=candidate,
        phase="uncompiled on validation",
        case_id=case_id,
        seed=0,
        ending="agreement",
        score=score,
        metrics={"CCI": 0.25},
        cost={"calls": 11, "money_usd": None},
        negotiation={"words": "private story"},
    )


@pytest.fixture
def artifact(tmp_path):
    scores = {"uncompiled": {"estimates": {"objective": {"mean": 0.4, "n": 3}}, "scored": 3, "unscored": 0}}
    return save_program(Maden(), "demo", Provenance(scores=scores), root=tmp_path / "artifacts")


def a_compile(watcher, artifact, halted=None):
    """What a small compile tells."""
    with watcher:
        watcher.begun("run-1", CompileConfig(name="demo"))
        watcher.phase("uncompiled on validation", 2)
        watcher.played(ledger_line("d-1", 0.4), reused=True)
        watcher.played(ledger_line("d-2", 0.6), reused=False)
        watcher.candidate(SHA, "uncompiled", 0.5, 2)
        watcher.phase("compiling with search", 4)
        watcher.lost("d-3", "rate_limit: slow down")
        watcher.candidate("cd" * 32, "instruction 1", 0.9, 1)
        watcher.candidate("ef" * 32, "instruction 2, [b] demo set 3", 0.7, 2)
        watcher.finished(artifact, halted)


class Clock:
    """Seconds that pass at each look, and when a test says so."""

    def __init__(self, step: float = 60.0) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Stream(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def bars_on(monkeypatch, terminal: bool, **settings) -> tuple[BarsWatcher, Stream]:
    stream = Stream(terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "110")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    return BarsWatcher(lambda: Spent(212, 0.03121, 4.0), Limits(max_usd=0.5), 6, **settings), stream


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_where_stderr_is_no_terminal_there_are_few_plain_lines(monkeypatch, artifact):
    bars, stream = bars_on(monkeypatch, terminal=False, clock=Clock(step=0.1))
    a_compile(bars, artifact)
    assert stream.getvalue().splitlines() == [
        "uncompiled on validation: up to 2 negotiations",
        "  uncompiled: objective 0.500 on 2 debtors, best so far",
        "compiling with search: up to 4 negotiations",
        "  d-3 is left unscored: rate_limit: slow down",
        "  instruction 1: objective 0.900 on 1 debtor",
        "  instruction 2, [b] demo set 3: objective 0.700 on 2 debtors, best so far",
    ]


def test_without_a_terminal_a_long_phase_gives_a_line_a_minute(monkeypatch):
    clock = Clock(step=0.0)
    bars, stream = bars_on(monkeypatch, terminal=False, clock=clock)
    with bars:
        bars.phase("compiling", 40)
        for number in range(12):
            clock.now += 20.0
            bars.played(ledger_line(f"d-{number}"), reused=False)
    beats = [line for line in stream.getvalue().splitlines() if " of up to 40;" in line]
    assert len(beats) == 4
    assert beats[0] == "  3 of up to 40; 212 calls, 0.0312 of 0.5 USD; 0:01:00 used, at most about 0:01:00 left"


def test_the_first_negotiation_is_shown_turn_by_turn_and_no_other(monkeypatch):
    bars, stream = bars_on(monkeypatch, terminal=False, clock=Clock(step=0.0))
    offer = Turn(speaker=Speaker.CREDITOR, move=Move(kind=MoveKind.REJECT), dialogue="Our offer is: all of it.")
    answer = Turn(speaker=Speaker.DEBTOR, move=Move(kind=MoveKind.REJECT), dialogue="That is hard. " * 40)
    with bars:
        bars.phase("uncompiled on validation", 2)
        bars.turn("d-1", offer)
        bars.turn("d-2", offer)
        bars.turn("d-1", answer)
        bars.played(ledger_line("d-1", 0.4), reused=False)
        bars.turn("d-2", answer)
        bars.turn("d-1", answer)
    lines = stream.getvalue().splitlines()
    assert lines[1:3] == ["  the first negotiation (d-1), turn by turn:", "    creditor: Our offer is: all of it."]
    assert lines[3].startswith("    debtor: That is hard. That")
    assert len(lines[3]) < 180
    assert lines[4].startswith("  it ended with agreement, objective 0.400, after 0:00:00")
    assert len(lines) == 5


def test_what_goes_on_beneath_is_a_line_among_the_bars(monkeypatch):
    bars, stream = bars_on(monkeypatch, terminal=False, clock=Clock(step=0.0))
    with bars:
        logging.getLogger("maden.embedded").warning("the model writes %s tokens a second", 3)
    logging.getLogger("maden.embedded").warning("afterwards")
    assert stream.getvalue() == "  the model writes 3 tokens a second\n"


def test_a_terminal_shows_phase_candidate_best_money_and_time(monkeypatch, artifact):
    bars, stream = bars_on(monkeypatch, terminal=True, clock=Clock(step=1.0))
    with bars:
        bars.phase("uncompiled on validation", 4)
        bars.candidate(SHA, "uncompiled", 0.5, 2)
        bars.played(ledger_line("d-1", 0.4), reused=False)
        bars.played(ledger_line("d-2", 0.6), reused=True)
    shown = plain(stream.getvalue())
    assert re.search(r"uncompiled on validation .*2/4 ", shown)
    assert "candidate 1 (abababab): objective 0.500 after 2 debtors" in shown
    assert "0.500 on 2 debtors: uncompiled" in shown
    assert "212 calls, 0.0312 of 0.5 USD; 1 negotiation from the ledger" in shown
    assert re.search(r"0:00:\d\d used, at most about 0:0\d:\d\d left", shown)


def test_what_was_spent_may_fail_to_be_told(monkeypatch):
    stream = Stream(True)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")

    def spent():
        raise UserError("the run's file is locked")

    with BarsWatcher(spent) as bars:
        bars.phase("compiling", 2)
        bars.played(ledger_line(), reused=False)
    assert "unknown (the run's file is locked)" in plain(stream.getvalue())


@pytest.mark.parametrize(
    ("spent", "limits", "words"),
    [
        (Spent(1212, 0.5, 1), Limits(), "1,212 calls, 0.5000 USD"),
        (Spent(12, 0.5, 1), Limits(max_calls=500, max_usd=2), "12 of 500 calls, 0.5000 of 2 USD"),
        (Spent(12, None, 1), Limits(), "12 calls, price unknown"),
    ],
)
def test_spent_in_words(spent, limits, words):
    assert spent_words(spent, limits) == words


def test_the_log_has_every_event_with_its_fields_and_no_negotiation(tmp_path, artifact):
    path = tmp_path / "logs" / "compile.jsonl"
    a_compile(LogWatcher(path), artifact)
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert [event["event"] for event in events] == [
        "begun", "phase", "played", "played", "candidate", "phase", "lost", "candidate", "candidate", "finished"
    ]  # fmt: skip
    assert all(datetime.fromisoformat(event["at"]).utcoffset().total_seconds() == 0 for event in events)
    played = events[3]
    wanted = {"at", "event", "reused", *LedgerLine.model_fields} - {"negotiation"}
    assert set(played) == wanted
    assert (played["score"], played["metrics"], played["cost"]["money_usd"]) == (0.6, {"CCI": 0.25}, None)
    assert "private story" not in path.read_text()
    assert events[-1] | {"at": ""} == {
        "at": "", "event": "finished", "artifact": "demo@1", "path": str(artifact.path), "halted": None
    }  # fmt: skip


def test_the_log_tells_what_broke_a_compile_off(tmp_path):
    path = tmp_path / "compile.jsonl"
    with pytest.raises(UserError), LogWatcher(path):
        raise UserError("too little could be scored")
    last = json.loads(path.read_text())
    assert (last["event"], last["sentence"]) == ("broken_off", "too little could be scored")


def test_a_killed_compile_tears_at_most_the_last_line_and_the_next_one_begins_a_new_one(tmp_path):
    path = tmp_path / "compile.jsonl"
    code = (
        "from pathlib import Path\nfrom optimizers.watching.log import LogWatcher\n"
        f"log = LogWatcher(Path({str(path)!r}))\n"
        "while True: log.phase('x' * 5000, 3)\n"
    )
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen([sys.executable, "-c", code], cwd=root)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (path.exists() and path.stat().st_size > 200_000):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = path.read_bytes()
    whole = left[: left.rfind(b"\n") + 1].splitlines()
    path.write_bytes(b"\n".join([*whole, b'{"at": "2026-']))  # the kernel may end a write between two pages
    LogWatcher(path).lost("d-1", "timeout")
    *before, torn, last = path.read_bytes().splitlines()
    assert before == whole
    assert len(whole) > 20
    assert all(len(json.loads(line)["name"]) == 5000 for line in whole)
    assert torn == b'{"at": "2026-'
    assert json.loads(last)["case_id"] == "d-1"


def test_a_log_that_cannot_be_written_is_found_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        LogWatcher(tmp_path / "file" / "log.jsonl")


class Broken(RunWatcher):
    def lost(self, case_id: str, failure: str) -> None:
        raise RuntimeError("planted")


def test_a_watcher_that_fails_is_left_out_with_one_warning_and_the_others_go_on(tmp_path, artifact, monkeypatch):
    bars, stream = bars_on(monkeypatch, terminal=False)
    path = tmp_path / "log.jsonl"
    watchers = Watchers([Broken(), bars, LogWatcher(path)])
    a_compile(watchers, artifact)
    watchers.lost("d-4", "timeout")
    assert stream.getvalue().count("warning: Broken failed (planted) and is left out; the compile goes on") == 1
    events = [json.loads(line)["event"] for line in path.read_text().splitlines()]
    assert events.count("warned") == 1
    assert events[-1] == "lost"


def test_the_last_watcher_to_fail_still_says_so(capsys):
    watchers = Watchers([Broken()])
    watchers.lost("d-1", "timeout")
    watchers.lost("d-1", "timeout")
    assert capsys.readouterr().err.count("Broken failed (planted)") == 1


def test_a_missing_mlflow_is_one_sentence_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setitem(sys.modules, "mlflow.tracking", None)
    with pytest.raises(UserError, match=re.escape('run pip install "maden[mlflow]"')):
        MlflowWatcher("sqlite:///x.db")


@pytest.fixture
def mlflow(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # artifacts of a SQLite store go to ./mlruns
    return pytest.importorskip("mlflow", reason="the extra mlflow is not installed")


@pytest.mark.filterwarnings("ignore")
def test_mlflow_gets_settings_candidates_and_the_artifact_and_a_resumed_run_repeats_nothing(mlflow, tmp_path, artifact):
    uri = f"sqlite:///{tmp_path / 'm.db'}"
    a_compile(Watchers([MlflowWatcher(uri)]), artifact, "the budget of 20 calls is used up")
    client = mlflow.tracking.MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("demo").experiment_id
    (run,) = client.search_runs([experiment])
    assert run.info.run_name == "run-1"
    assert run.info.status == "KILLED"
    assert run.data.params["strategy.max_demos"] == str(CompileConfig().strategy.max_demos)
    assert run.data.tags["halted"] == "the budget of 20 calls is used up"
    assert run.data.metrics["uncompiled.objective"] == 0.4
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["v0001.json"]

    a_compile(Watchers([MlflowWatcher(uri)]), artifact)
    (run,) = client.search_runs([experiment])
    assert run.info.status == "FINISHED"
    assert "halted" not in run.data.tags
    history = client.get_metric_history(run.info.run_id, "objective")
    assert [(point.step, point.value) for point in history] == [(1, 0.5), (2, 0.9), (3, 0.7)]


@pytest.mark.filterwarnings("ignore")
def test_a_tracking_server_that_is_down_costs_one_warning(mlflow, artifact, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    bars, stream = bars_on(monkeypatch, terminal=False)
    began = time.monotonic()
    a_compile(Watchers([bars, MlflowWatcher("http://me:secret@127.0.0.1:9")]), artifact)
    assert time.monotonic() - began < 20
    assert stream.getvalue().count("MLflow at http://127.0.0.1:9 failed") == 1
    assert "secret" not in stream.getvalue()


@pytest.mark.filterwarnings("ignore")
def test_a_store_that_mlflow_cannot_use_is_found_before_any_work(mlflow):
    with pytest.raises(UserError, match="MLflow cannot use nowhere://host") as caught:
        MlflowWatcher("nowhere://me:secret@host")
    assert "secret" not in str(caught.value)
