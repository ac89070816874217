"""A turn is one trace, from the request to what is stored, and has no word of a person in it."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")
pytest.importorskip("opentelemetry.sdk", reason="needs the extra traces")

from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from app.access.links import Links
from app.access.operators import Operators
from app.api.parts import Parts
from app.conversation.negotiations import Negotiations
from app.conversation.worker import Worker
from app.server import create_app
from app.telemetry import spans
from app.telemetry.traces import WordlessExporter, recording, traced
from plumbing.errors import UserError
from plumbing.files import ROOT
from programs.creditor.settings import ProgramSettings
from programs.maden import Maden
from tests.app.desk import desk, desk_answer
from tests.app.served import Served
from tests.programs.players import APPROVE
from tests.scripted import scripted_lm

LETTER = "20 monthly instalments? Wilhelmina Featherstonehaugh, featherstonehaugh@example.org"
SECRET = "secret" * 8


def judged(prompt):
    return {"verdict": APPROVE} if "`verdict`" in prompt else desk_answer("Let us find a plan.")(prompt)


@pytest.fixture
def kept():
    """What leaves for a collector."""
    return InMemorySpanExporter()


@pytest.fixture
def house(tmp_path, kept):
    """A running service whose program plans and judges, with all its spans kept."""
    planned = desk(tmp_path, scripted_lm(judged))
    negotiations = Negotiations(planned.database, replace(planned.house, program=Maden(ProgramSettings())))
    parts = Parts(
        negotiations, Links(SECRET), Operators(planned.database), Worker(negotiations, 2), "http://testserver"
    )
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(WordlessExporter(kept)))
    with (
        recording(provider, negotiations.house.program) as settings,
        TestClient(create_app(parts, settings)) as client,
    ):
        running = Served(parts, client)
        running.log_in()
        yield running


def written(house, kept):
    """The trace of a message and its answer, with the id of its negotiation."""
    found, token = house.begin()
    house.settled(token)
    kept.clear()
    query = {"params": {"name": "Featherstonehaugh"}}
    state = {"tracestate": "name=featherstonehaugh", "traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}
    assert house.debtor(token, "POST", "/messages", json={"text": LETTER}, headers=state, **query).is_success
    house.settled(token)
    house.parts.worker.stop()  # the turn has ended, not only its answer been stored
    house.parts.worker.stop = lambda: None
    return found, kept.get_finished_spans()


def test_a_turn_is_one_trace_from_the_request_to_what_is_stored(house, kept):
    found, told = written(house, kept)
    (turn,) = [one for one in told if one.name == "turn" and any(step.parent == one.context for step in told)][:1]
    trace = [one for one in told if one.context.trace_id == turn.context.trace_id]
    (request,) = [one for one in trace if one.name == "POST /api/debtor/messages"]
    assert turn.parent.span_id == request.context.span_id
    assert turn.attributes[spans.NEGOTIATION] == found
    assert {"read", "draft", "judge", "guard", "store"} <= {
        one.name for one in trace if one.parent and one.parent.span_id == turn.context.span_id
    }
    stored = [one for one in trace if one.name == "store"]
    assert any(one.parent.span_id == request.context.span_id for one in stored)
    assert request.attributes["http.response.status_code"] == 202


def test_the_opening_is_planned_in_the_trace_of_its_request(house, kept):
    _, token = house.begin()
    house.settled(token)
    house.parts.worker.stop()
    house.parts.worker.stop = lambda: None
    told = kept.get_finished_spans()
    (plan,) = [one for one in told if one.name == "plan"]
    names = {one.name for one in told if one.context.trace_id == plan.context.trace_id}
    assert {"turn", "draft", "guard", "store"} <= names


def test_no_word_of_a_person_leaves_in_a_trace(house, kept):
    _, told = written(house, kept)
    everything = " ".join(one.to_json() for one in told).lower()
    assert "wilhelmina" not in everything
    assert "featherstonehaugh" not in everything
    assert "example.org" not in everything


def test_a_step_that_fails_is_marked_with_the_class_of_its_error_alone(kept):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(WordlessExporter(kept)))

    class Answering:
        @spans.turn
        def answer(self, negotiation_id):
            with spans.span("read"):
                raise ValueError(LETTER)

    with recording(provider, Maden(ProgramSettings())), pytest.raises(ValueError, match="Wilhelmina"):
        Answering().answer("0" * 32)
    told = kept.get_finished_spans()
    assert [one.name for one in told] == ["read", "turn"]
    assert {one.status.status_code for one in told} == {StatusCode.ERROR}
    assert all(one.attributes["error.type"] == "ValueError" and one.status.description is None for one in told)
    assert all(not one.events for one in told)


def test_spans_reach_a_collector_before_the_service_ends():
    came = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            came.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    class Answering:
        @spans.turn
        def answer(self, negotiation_id):
            return negotiation_id

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with traced(f"http://127.0.0.1:{server.server_port}/", Maden(ProgramSettings())):
            Answering().answer("0" * 32)
        server.shutdown()
        thread.join()
    ((path, body),) = came
    assert path == "/v1/traces"
    assert b"maden.negotiation" in body


def test_streams_and_machines_are_not_traced(house, kept):
    kept.clear()
    for path in ("/health", "/ready", "/metrics", "/pages/operator.js"):
        house.client.get(path)
    assert [one.name for one in kept.get_finished_spans() if one.name.startswith("GET")] == []


def test_nothing_is_recorded_outside_a_request_or_a_turn(kept):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with recording(provider, Maden(ProgramSettings())), spans.span("store"):
        assert spans.current_ids() == {}
    assert kept.get_finished_spans() == ()


def test_without_traces_a_step_is_nothing_and_no_sdk_is_imported():
    assert spans.span("read") is spans.span("store")
    code = (
        "import sys; import app.__main__, app.server, app.conversation.negotiations;"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_an_address_that_is_none_and_a_missing_extra_are_one_sentence_each(monkeypatch):
    from app.__main__ import _traced

    with pytest.raises(UserError, match="http://localhost:4318"), traced("localhost", Maden(ProgramSettings())):
        pass
    monkeypatch.setitem(sys.modules, "app.telemetry.traces", None)
    with pytest.raises(UserError, match="maden\\[traces\\]"):
        _traced("http://localhost:4318", Maden(ProgramSettings()))
