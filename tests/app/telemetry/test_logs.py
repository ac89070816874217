"""No line of the log has a word of a person in it, whoever writes it and however it fails."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
import time
import warnings

import dspy
import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.telemetry import logs
from app.telemetry.logs import Harmless, LogFormat, set_up
from plumbing.files import ROOT
from tests.app.desk import desk_answer
from tests.app.served import served
from tests.scripted import scripted_lm

PERSONAL = (
    "Wilhelmina Featherstonehaugh",
    "wilhelmina@featherstone.example",
    "+44 7911 123456",
    "GB33BUKB20201555555555",
    "4111 1111 1111 1111",
    "12 Gropecunt Lane",
    "chemotherapy",
)
LETTER = "I am " + ", ".join(PERSONAL) + ". "


@pytest.fixture
def lines(monkeypatch):
    """What the log of a set-up service says; afterwards logging is as it was."""
    loggers = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    before = [(one, one.handlers[:], one.propagate) for one in (logging.root, *loggers)]
    factory = logging.getLogRecordFactory()
    for module, name in ((threading, "excepthook"), (sys, "excepthook"), (warnings, "showwarning")):
        monkeypatch.setattr(module, name, getattr(module, name))
    stream = io.StringIO()

    def begun(form=LogFormat.JSON):
        set_up(form, stream)
        return stream

    yield begun
    logging.setLogRecordFactory(factory)
    for one, handlers, propagates in before:
        one.handlers[:], one.propagate = handlers, propagates


def told(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def repeating(reply):
    """A model that answers, until somebody writes a letter; then it says the letter again, as `reply` makes it."""
    usual = desk_answer("Let us find a plan.")
    return scripted_lm(lambda prompt: reply(LETTER) if "Featherstonehaugh" in prompt else usual(prompt))


def until_told(stream, what):
    until = time.monotonic() + 20
    while what not in stream.getvalue():
        assert time.monotonic() < until, stream.getvalue()
        time.sleep(0.02)


def negotiated(tmp_path, lm, stream, what):
    """Play a negotiation full of personal data until the log says `what`; returns its id."""
    with served(tmp_path, lm) as house:
        house.log_in()
        found, token = house.begin()
        house.settled(token)
        assert house.debtor(token, "POST", "/messages", json={"text": f"{LETTER}20 monthly instalments?"}).is_success
        if what is None:
            house.settled(token)
        else:
            until_told(stream, what)
    return found


def personal(stream):
    return [one for one in PERSONAL if one in stream.getvalue()]


@pytest.mark.parametrize("form", list(LogFormat))
def test_a_provider_that_repeats_a_letter_puts_none_of_it_into_the_log(tmp_path, lines, form):
    stream = lines(form)
    found = negotiated(tmp_path, repeating(dspy.lm15.ServerError), stream, "InfrastructureFailure")
    assert found in stream.getvalue()
    assert personal(stream) == []


@pytest.mark.parametrize("form", list(LogFormat))
def test_a_mistake_of_ours_over_a_letter_puts_none_of_it_into_the_log(tmp_path, lines, form, monkeypatch):
    def mistaken(text, *_):
        raise RuntimeError(text)

    monkeypatch.setattr("app.conversation.answering.hear", mistaken)
    stream = lines(form)
    found = negotiated(tmp_path, None, stream, "RuntimeError")
    assert found in stream.getvalue()
    assert "in mistaken" in stream.getvalue()
    assert personal(stream) == []


def test_a_model_that_answers_with_a_letter_puts_none_of_it_into_the_log(tmp_path, lines):
    stream = lines()
    negotiated(tmp_path, repeating(str), stream, None)
    assert personal(stream) == []


def test_of_an_exception_its_classes_and_places_are_told(lines):
    stream = lines()

    def fails():
        try:
            int(PERSONAL[0])
        except ValueError as error:
            raise ExceptionGroup(LETTER, [KeyError(LETTER)]) from error

    try:
        fails()
    except ExceptionGroup:
        logging.getLogger("app.conversation").exception("negotiation %s: %s, %d, %r", "0" * 32, LETTER, 7, LETTER)
    (line,) = told(stream)
    assert line["message"] == f"negotiation {'0' * 32}: {logs.WITHHELD}, 7, {logs.WITHHELD!r}"
    classes = [one.strip() for one in line["exception"] if " in " not in one]
    assert classes == ["ExceptionGroup", "KeyError", "after", "ValueError"]
    assert any(one.endswith("in fails") for one in line["exception"])
    assert "Featherstonehaugh" not in stream.getvalue()


def test_a_librarys_sentence_is_withheld_and_its_place_told_even_by_its_own_handler(lines):
    own = io.StringIO()
    stream = lines()
    library = logging.getLogger("somebodys.library")
    library.addHandler(logging.StreamHandler(own))
    try:
        library.warning(f"cannot parse {LETTER}")
    finally:
        library.handlers.clear()
    (line,) = told(stream)
    assert line["message"].startswith(f"{logs.WITHHELD} (said by test_logs:")
    assert own.getvalue().strip() == line["message"]


def test_handlers_that_libraries_hung_on_their_loggers_are_gone(lines):
    library = logging.getLogger("dspy")
    stream = lines()
    library.warning("Failed: %s", LETTER)
    assert library.handlers == []
    assert len(told(stream)) == 1


def test_threads_and_warnings_are_told_without_their_words(lines):
    stream = lines()

    def fails():
        raise ValueError(LETTER)

    thread = threading.Thread(target=fails, name="fated")
    thread.start()
    thread.join()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs._warned
        warnings.warn(LETTER, UserWarning, stacklevel=1)
    thread_line, warning_line = told(stream)
    assert thread_line["exception"][0] == "ValueError"
    assert thread_line["thread"] == "fated"
    assert warning_line["message"].startswith("UserWarning at ")
    assert "Featherstonehaugh" not in stream.getvalue()


def test_what_a_system_says_of_its_own_is_told(lines, caplog):
    stream = lines()
    caplog.set_level(logging.WARNING, "uvicorn.error")  # a server before may be quieter
    logging.getLogger("uvicorn.error").error(OSError(98, "as it was called"))
    logging.getLogger("app").warning("the loop %r", Harmless("looker"))
    system, harmless = told(stream)
    assert system["message"].startswith("OSError (Address already in use)")
    assert harmless["message"] == "the loop 'looker'"


def test_a_template_that_does_not_fit_is_told_as_it_is(lines):
    stream = lines()
    logging.getLogger("app").warning("%d messages", LETTER)
    assert told(stream)[0]["message"] == "%d messages"


def test_a_wrong_format_is_one_sentence():
    run = subprocess.run(
        [sys.executable, "-m", "app", "--log-format", "xml"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert "plain" in run.stderr
