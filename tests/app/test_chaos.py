"""Random faults in many conversations: nothing is lost, doubled or said after a stop, and a seed repeats it."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.database.stored_rows import messages_of
from app.database.tables import Sender
from benchmarks.service.chaos.fault_injection import InjectedFault
from benchmarks.service.chaos.invariants import violations
from benchmarks.service.chaos.played import Chaos
from tests.app.databases import opened, url_of

TURNS, FAULTS = 180, 72


def test_nothing_is_lost_or_doubled_whatever_fails(tmp_path):
    database = opened(tmp_path)
    chaos = Chaos(tmp_path, url_of(tmp_path), 1, TURNS, FAULTS)
    found = chaos.play()
    assert found.wrong == []
    assert found.faults == dict.fromkeys(InjectedFault, FAULTS // len(InjectedFault))
    assert found.turns >= TURNS * 0.7  # what was sent to conversations that had ended was refused
    with database.reading() as session:
        said = [one.sender for talk in chaos.talks for one in messages_of(session, talk.id)]
    assert said.count(Sender.CREDITOR) >= found.turns * 0.3  # it goes on answering


def test_a_seed_repeats_a_run(tmp_path):
    def played(name: str) -> list[str]:
        folder = tmp_path / name
        folder.mkdir()
        database = opened(folder)
        chaos = Chaos(folder, url_of(folder), 2, 15, 9)
        chaos.play()
        with database.reading() as session:
            return [one.text for talk in chaos.talks for one in messages_of(session, talk.id)]

    assert played("one") == played("two")


def test_what_is_lost_or_said_after_a_stop_is_found(tmp_path):
    database = opened(tmp_path)
    chaos = Chaos(tmp_path, url_of(tmp_path), 3, 15, 0)
    assert chaos.play().wrong == []
    talk = max(chaos.talks, key=lambda one: len(one.sent))
    whole, talk.sent = talk.sent, talk.sent[:-1]
    assert any("what is stored is not what was sent" in one for one in violations(database, chaos.talks))
    talk.sent, talk.stopped = whole, 1
    assert any("after a stop" in one for one in violations(database, chaos.talks))
    talk.stopped, talk.confirmed = None, "0" * 16
    assert any("does not bind" in one for one in violations(database, chaos.talks))
