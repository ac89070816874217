"""The embedded model beside a load, on a real small model (SmolLM2-135M), and beside a server that hangs."""

from __future__ import annotations

import logging
import signal
import threading
import time

import dspy
import pytest

from programs.models.embedded import model as model_module
from programs.models.embedded.engine import EmbeddedEngine, EngineSettings, model_for
from programs.models.embedded.model import EmbeddedModel
from programs.models.embedded.processor import ProcessorLoad
from programs.models.embedded.speeds import Speeds
from programs.models.embedded.streamed_call import CallTimeout
from programs.models.make import classify, make_lm
from programs.table.failures import ModelTimeout

pytestmark = pytest.mark.slow

IDLE, BUSY = ProcessorLoad(2, 0.0), ProcessorLoad(2, 1.0)
STORY = {"messages": [{"role": "user", "content": "Tell me of a debt. " * 40}], "max_tokens": 24, "temperature": 0}


class Load:
    """An injected reading."""

    def __init__(self, load: ProcessorLoad = IDLE) -> None:
        self.now = load

    def __call__(self) -> ProcessorLoad:
        return self.now


@pytest.fixture
def load() -> Load:
    return Load()


@pytest.fixture
def model(model_file, tmp_path, load, monkeypatch) -> EmbeddedModel:
    monkeypatch.setattr(model_module, "usable_cores", lambda: 2)
    return EmbeddedModel(str(model_file), 2048, load=load, speeds=Speeds("m", 2, tmp_path / "speeds.json"))


def text(reply: dict) -> str:
    return reply["choices"][0]["message"]["content"]


def test_threads_follow_the_load_down_and_up(model, load):
    replies, used = [], []
    for now in (IDLE, BUSY, BUSY, IDLE):
        load.now = now
        model.speeds._last.clear()  # a real measurement on this machine may speak for another number
        model.speeds._usual.clear()
        replies.append(model.complete(STORY, 60))
        used.append(model.threads)
    assert used == [2, 1, 1, 2]
    assert text(replies[1]) == text(replies[2])
    assert [reply["usage"]["completion_tokens"] for reply in replies] == [24] * 4


def test_a_prompt_is_read_once_whoever_writes(model, load):
    load.now = BUSY
    first, again = model.complete(STORY, 60), model.complete(STORY, 60)
    assert first["timings"]["prompt_n"] > 200
    assert again["timings"]["prompt_n"] <= 4
    assert again["usage"]["prompt_tokens_details"]["cached_tokens"] > 200
    load.now = IDLE
    model.speeds._last.clear()
    assert model.complete(STORY, 60)["timings"]["prompt_n"] <= 4


def test_a_users_threads_are_obeyed_whatever_the_load(model_file, tmp_path):
    fixed = EmbeddedModel(str(model_file), 1024, threads=2, load=Load(BUSY), speeds=Speeds("m", 2, tmp_path / "s"))
    fixed.complete({**STORY, "max_tokens": 4}, 60)
    assert fixed.threads == 2
    assert fixed._lean is None


def test_a_handover_that_fails_costs_no_call(model, load, monkeypatch, caplog):
    load.now = BUSY

    def refused(*_: object) -> None:
        raise OSError("no memory")

    monkeypatch.setattr(model._states, "carry", refused)
    assert len(text(model.complete(STORY, 60))) > 10
    assert "handed over (no memory)" in caplog.text
    model.complete(STORY, 60)
    assert caplog.text.count("handed over") == 1


def test_errors_of_the_server_come_through_while_another_one_writes(model, load):
    load.now = BUSY
    reply = model.complete({**STORY, "messages": [{"role": "user", "content": "no. " * 3000}]}, 60)
    assert reply["error"]["type"] == "exceed_context_size_error"


def test_loading_leaves_the_signals_to_the_program(model_file):
    before = signal.getsignal(signal.SIGINT)
    got = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: got.set())
    try:
        EmbeddedModel(str(model_file), 512, threads=1)
        signal.raise_signal(signal.SIGINT)
        assert got.wait(2)
    finally:
        signal.signal(signal.SIGINT, before)


class Hanging:
    """A server inside which every call hangs; a library's call may be anywhere in foreign code."""

    listening_address = "http://127.0.0.1:9"

    def __init__(self) -> None:
        self.released = threading.Event()

    def handle_chat_completions(self, body: dict, callback) -> None:
        self.released.wait(30)


@pytest.mark.alone
def test_a_hung_engine_is_a_typed_failure_within_its_time_and_is_replaced(model_file):
    settings = EngineSettings(path=str(model_file), threads=1, context=600)
    lm = dspy.LM("embedded/hung", engine=EmbeddedEngine(settings, 1.0), cache=False, num_retries=0, max_tokens=5)
    loaded, hanging = model_for(settings), Hanging()
    real, loaded._full.raw = loaded._full.raw, hanging
    began = time.monotonic()
    try:
        with pytest.raises(dspy.utils.exceptions.LMTimeoutError) as caught:
            lm("hello")
    finally:
        hanging.released.set()
        loaded._full.raw = real
    assert time.monotonic() - began < 5
    failure = classify(caught.value)
    assert isinstance(failure, ModelTimeout)
    assert "did not finish a reply in 1 s" in str(failure)
    lm.engine.timeout_s = 60
    assert lm("hello"), "a new one was loaded in its place"
    assert model_for(settings) is not loaded


@pytest.mark.alone
def test_a_slow_engine_that_lives_is_kept_and_what_it_read_is_not_lost(model_file, tmp_path):
    slow = EmbeddedModel(str(model_file), 2048, threads=1, load=Load(), speeds=Speeds("m", 1, tmp_path / "s"))
    long = {**STORY, "max_tokens": 1500, "ignore_eos": True}
    with pytest.raises(CallTimeout):
        slow.complete(long, 1.5)
    assert not slow.hung
    again = slow.complete(STORY, 60)
    assert again["usage"]["prompt_tokens_details"]["cached_tokens"] > 200


@pytest.mark.alone
def test_a_model_that_writes_at_a_third_of_its_usual_speed_says_so_and_why(model, load, caplog):
    caplog.set_level(logging.WARNING)
    model.speeds._usual["write 2"] = 10_000.0
    load.now = ProcessorLoad(2, 1.6)
    model.complete(STORY, 60)
    assert "usually 10000: other processes use 1.6 of 2 cores" in caplog.text
    model.complete(STORY, 60)
    assert caplog.text.count("usually") == 1, "once a minute is enough"


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (ProcessorLoad(0.5, 0.0, 8), "this process may use 0.5 of 8 cores, and 0.5 are free"),
        (ProcessorLoad(2, 0.1), "no other process on this machine is the reason"),
    ],
)
def test_the_reason_of_a_slowness(model, load, reading, reason):
    load.now = reading
    assert reason in model._reason()


def test_a_timeout_is_a_setting_with_a_default(model_file):
    assert make_lm(f"local:{model_file}").engine.timeout_s == 300
    engine = make_lm(f"local:{model_file}", timeout_s=7).engine
    assert engine.timeout_s == EmbeddedEngine.load_state(engine.dump_state()).timeout_s == 7
