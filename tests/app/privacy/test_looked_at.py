from __future__ import annotations

import pytest

pytest.importorskip("phonenumbers", reason="needs the extra app")

from app.privacy import looked_at, personal_data
from app.privacy.redaction import Redaction
from tests.app.desk import CASE, desk_lm
from tests.app.privacy.test_redaction import NAME, service, told


def test_each_message_is_looked_at_once_in_a_conversation(tmp_path, monkeypatch):
    seen: list[str] = []
    candidates = personal_data._candidates
    monkeypatch.setattr(
        personal_data, "_candidates", lambda text, *more: (seen.append(text), candidates(text, *more))[1]
    )
    desk = service(tmp_path, desk_lm("Let us find a plan."))
    found = desk.start(CASE, asked_for=True)
    desk.answer(found)
    words = [f"I can do {20 + one} monthly instalments, mail me at zebra{one}@example.com" for one in range(4)]
    for one in words:
        told(desk, found, one)
    assert [seen.count(one) for one in words] == [1, 1, 1, 1]


def test_what_is_remembered_holds_no_word(monkeypatch):
    monkeypatch.setattr(looked_at, "_places", type(looked_at._places)())
    hides = Redaction(personal_data.finder(NAME, "CNY"), NAME)
    said = f"I am {NAME}, 138 1234 5678"
    assert hides.hidden(said) == hides.hidden(said) == "I am [NAME], [PHONE A]"
    kept = repr(looked_at._places)
    assert len(looked_at._places) == 1
    assert not any(word in kept for word in ("Wang", "138", "5678"))


def test_another_debtors_finder_remembers_for_itself():
    said = "Grace Kelly here"
    assert Redaction(personal_data.finder("Kelly Grace", "USD")).hidden(said) == "[NAME] here"
    assert Redaction(personal_data.finder("Wang Xiaoming", "USD")).hidden(said) == said


def test_only_so_many_are_remembered(monkeypatch):
    monkeypatch.setattr(looked_at, "_places", type(looked_at._places)())
    monkeypatch.setattr(looked_at, "MOST", 10)
    find = personal_data.finder(NAME, "CNY")
    for number in range(30):
        find(f"text {number}")
    assert len(looked_at._places) == 10
