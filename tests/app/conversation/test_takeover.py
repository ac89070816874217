"""An operator's own words pass the rules for the program's: a grave breach has to be confirmed, and is kept."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from tests.app.served import Served

PROPER = [
    "I am Olga, how can I help?",
    "We will not contact your employer.",
    "No llamaremos a su jefe.",
    "我们不会联系您的单位。",
]
GRAVE = ["If you do not pay, I'll call your wife.", "Vamos a llamar a su jefe.", "我们已经报警了，公安会来抓你。"]


def taken_over(house: Served) -> str:
    found, _ = house.begin()
    assert house.operator("POST", f"/negotiations/{found}/take-over").status_code == 204
    return f"/negotiations/{found}"


def test_proper_words_leave_at_once(house):
    path = taken_over(house)
    for text in PROPER:
        assert house.operator("POST", f"{path}/messages", json={"text": text}).status_code == 201, text


@pytest.mark.parametrize("text", GRAVE, ids=["en", "es", "zh"])
def test_a_grave_breach_leaves_only_when_it_is_confirmed(house, text):
    path = taken_over(house)
    refused = house.operator("POST", f"{path}/messages", json={"text": text})
    assert refused.status_code == 409
    assert "once more" in refused.json()["detail"]
    assert text not in [one["text"] for one in house.operator("GET", path).json()["messages"]]
    assert house.operator("POST", f"{path}/messages", json={"text": text, "confirmed": True}).status_code == 201
    said = house.operator("GET", path).json()["messages"][-1]
    assert said["text"] == text
    assert said["findings"]
