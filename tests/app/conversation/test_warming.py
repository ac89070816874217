"""The constant part of every prompt is read before a debtor comes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.conversation.warming import begin_to_warm
from data.domain import Speaker
from programs.debtor.person import model_reader
from programs.models.embedded.engine import model_for
from programs.models.make import make_lm
from programs.table.runner import view
from tests.app.desk import CASE, desk_lm, house


@pytest.fixture
def embedded(tmp_path, model_file):
    """A house with the small model file."""
    lm = make_lm(f"local:{model_file}", cache=False, max_tokens=300, threads=1)
    return replace(house(tmp_path, desk_lm()), lm=lm, reader=model_reader(lambda: lm))


@pytest.mark.embedded
def test_after_warming_an_opening_reads_only_what_is_new(embedded, monkeypatch, caplog):
    thread = begin_to_warm(embedded)
    assert thread is not None
    thread.join(120)
    read = []
    model = model_for(embedded.lm.engine.settings)
    complete = model.complete

    def spied(*given):
        reply = complete(*given)
        read.append((reply["usage"]["prompt_tokens_details"]["cached_tokens"], reply["timings"]["prompt_n"]))
        return reply

    monkeypatch.setattr(model, "complete", spied)
    seat = embedded.program.seat(embedded.book.case(CASE).creditor_view(), 0)
    with embedded.playing():
        seat.next_turn(view((), Speaker.CREDITOR, embedded.program.settings.policy))
    assert [cached > 400 for cached, _ in read[:2]] == [True, True], read
    assert all(new < cached for cached, new in read[:2])
    assert "truncated" not in caplog.text


def test_a_model_elsewhere_is_not_asked(tmp_path):
    assert begin_to_warm(house(tmp_path, desk_lm())) is None


def test_a_model_that_does_not_answer_stops_nothing(embedded, monkeypatch, caplog):
    def refused(*_):
        raise TimeoutError("busy")

    monkeypatch.setattr(model_for(embedded.lm.engine.settings), "complete", refused)
    begin_to_warm(embedded).join(30)
    assert "could not be read beforehand" in caplog.text
