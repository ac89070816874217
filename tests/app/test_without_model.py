"""The service without any model: a rule negotiates, and code and classifiers read."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from fastapi.testclient import TestClient

import app.__main__ as command
from app.access.links import Links
from app.access.operators import Operators
from app.api.parts import Parts
from app.conversation.house import NO_MODEL
from app.conversation.negotiations import Negotiations
from app.conversation.warming import begin_to_warm
from app.conversation.worker import Worker
from app.database.tables import Status
from app.server import create_app
from plumbing.errors import UserError
from programs.artifacts.store import ROOT as ARTIFACTS
from programs.models import make as models
from programs.playing.contestants import contestant
from tests.app.desk import desk, desk_lm
from tests.app.served import Served


@pytest.fixture
def running(tmp_path):
    rule = contestant("rational")
    negotiations = desk(tmp_path)
    house = replace(
        negotiations.house,
        program=rule.served(),
        artifact="rational",
        program_sha256=rule.fingerprint,
        lm=None,
        reader=None,
    )
    assert begin_to_warm(house) is None
    served = Negotiations(negotiations.database, house)
    parts = Parts(served, Links("secret" * 8), Operators(served.database), Worker(served, 2), "http://testserver")
    with TestClient(create_app(parts)) as client:
        found = Served(parts, client)
        found.log_in()
        yield found


def said(view):
    return [message["text"] for message in view["messages"]]


def test_a_rule_negotiates_reads_and_agrees(running: Served):
    found, token = running.begin()
    opening = running.settled(token)
    assert "Our offer is: no discount" in said(opening)[-1]
    running.debtor(token, "POST", "/messages", json={"text": "i can do 24 monthly instalments, nothing up front"})
    answered = running.settled(token)
    assert "24 monthly instalments" in said(answered)[-1], "what was understood is said back"
    assert said(answered)[-1].count("Our offer is") == 1
    running.debtor(token, "POST", "/messages", json={"text": "I accept."})
    plan = running.settled(token)["to_confirm"]
    assert running.debtor(token, "POST", "/confirm", json={"plan": plan["id"]}).status_code == 200
    assert running.settled(token)["status"] == Status.AGREED
    shown = running.operator("GET", f"/negotiations/{found}").json()
    assert (shown["program"]["name"], shown["program"]["lm"]) == ("rational", NO_MODEL)
    assert running.operator("GET", f"/negotiations/{found}/score").json()["finished"]


def test_a_stop_is_heard_without_a_model(running: Served):
    _, token = running.begin()
    running.settled(token)
    running.debtor(token, "POST", "/messages", json={"text": "stop contacting me"})
    assert running.settled(token)["status"] == Status.STOPPED


@pytest.mark.parametrize(
    ("artifact", "lm", "reader", "asked"),
    [
        ("rational", "local", None, []),
        ("linear", "some/model", None, ["some/model"]),
        ("maden", "local", None, ["local"]),
    ],
)
def test_a_model_is_made_only_for_whoever_needs_one(monkeypatch, artifact, lm, reader, asked):
    made: list[str] = []
    monkeypatch.setattr(models, "make_lm", lambda name, **_: made.append(name) or desk_lm())
    house = command._house(artifact, reader, lm, None, "neutral", None, ARTIFACTS, False)  # type: ignore[arg-type]
    assert made == asked
    assert (house.lm is None, house.reader is None) == (not asked, not asked)


def test_a_file_of_negotiations_cannot_be_served(tmp_path):
    with pytest.raises(UserError, match=r"gpt cannot be served; name a variant"):
        contestant("openai/gpt").served()
