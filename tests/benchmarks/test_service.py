from __future__ import annotations

import asyncio
import json

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.database.stored_rows import messages_of
from app.database.transactions import Database
from benchmarks.service import __main__ as service
from benchmarks.service.clients import Clients, Load
from benchmarks.service.measured_server import serving
from benchmarks.service.result import BAD_POSITIONS, NOT_ANSWERED, NOT_AS_SENT, NOT_AS_SHOWN, losses, losses_of
from tests.programs.command_line import CommandLine

pytestmark = pytest.mark.slow


@pytest.fixture
def line(monkeypatch, capsys) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def test_a_small_load_loses_nothing_and_is_written_down(line, tmp_path):
    out = tmp_path / "service"
    options = ["--negotiations", 10, "--turns", 60, "--latency-ms", 20, "--think-s", 0.05, "--out", out]
    ended = line(service.service, "python -m benchmarks.service", *options)
    assert ended.code == 0, ended.err
    assert "60 of up to 60 turns" in ended.err
    found = json.loads(out.with_suffix(".json").read_text())
    assert (found["turns"], found["negotiations"], found["lost"]) == (60, 10, [])
    overhead = found["overhead_ms"]
    assert 0 < overhead["p50"] <= overhead["p95"] <= overhead["p99"] <= overhead["highest"]
    text = out.with_suffix(".md").read_text()
    assert "python -m benchmarks.service --negotiations 10" in text
    assert "|lost|0|" in text


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A database after a load, and what its debtors saw."""
    folder = tmp_path_factory.mktemp("load")
    url = f"sqlite:///{folder / 'app.sqlite'}"
    with serving(url, 0.0, 2, folder) as (address, _):
        clients = Clients(address, Load(negotiations=2, turns=4, think_s=0.0, seed=0))
        asyncio.run(clients.play())
    database = Database(url)
    yield database, clients.talks
    database.close()


def test_nothing_is_lost_where_nothing_is(played):
    database, talks = played
    assert losses(database, talks, calls=2 * 2 + 3 * 4) == []


def test_calls_that_were_not_foreseen_are_told(played):
    database, talks = played
    assert losses(database, talks, calls=17) == ["the model was called 17 times instead of 16"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: setattr(one, "text", "something else"), [NOT_AS_SENT, NOT_AS_SHOWN]),
        (lambda one: setattr(one, "answered", False), [NOT_ANSWERED]),
        (lambda one: setattr(one, "position", 99), [BAD_POSITIONS]),
    ],
)
def test_what_is_lost_is_found(played, change, told):
    database, talks = played
    with database.reading() as session:
        messages = messages_of(session, talks[0].id)
    change(messages[1])
    assert losses_of(talks[0], messages) == [f"negotiation {talks[0].id} {one}" for one in told]


def test_a_message_that_is_missing_is_found(played):
    database, talks = played
    with database.reading() as session:
        messages = messages_of(session, talks[0].id)
    assert len(losses_of(talks[0], messages[:-2])) == 3
