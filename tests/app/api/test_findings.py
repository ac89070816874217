"""Over HTTP: what binds a case and how it is lifted, what was understood, and how leaving is confirmed."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from tests.app.desk import CASE


def write(house, token: str, text: str) -> dict:
    house.debtor(token, "POST", "/messages", json={"text": text})
    return house.settled(token)


@pytest.mark.parametrize("text", ["I never borrowed this money.", "Esta deuda no es mía.", "我从来没借过这笔钱"])
def test_a_finding_binds_the_case_until_it_is_lifted_with_a_reason(house, text):
    found, token = house.begin()
    house.settled(token)
    write(house, token, text)
    (one,) = house.operator("GET", f"/findings?case_id={CASE}").json()
    assert (one["rule"], one["negotiation_id"], one["lifted"]) == ("dispute", found, None)
    assert house.operator("GET", f"/negotiations/{found}").json()["findings"] == [one]
    refused = house.operator("POST", "/negotiations", json={"case_id": CASE, "asked_for": True})
    assert refused.status_code == 409
    assert "dispute since" in refused.json()["detail"]
    assert house.operator("POST", f"/negotiations/{found}/hand-back").status_code == 409
    assert house.operator("POST", f"/findings/{one['id']}/lift", json={}).status_code == 422
    assert house.operator("POST", f"/findings/{one['id']}/lift", json={"reason": "   "}).status_code == 422
    assert house.operator("POST", "/findings/999/lift", json={"reason": "nothing"}).status_code == 422
    assert house.operator("POST", f"/findings/{one['id']}/lift", json={"reason": "proof was sent"}).status_code == 204
    (after,) = house.operator("GET", f"/findings?case_id={CASE}").json()
    assert (after["lifted_by"], after["reason"]) == ("olga", "proof was sent")
    assert house.operator("POST", f"/negotiations/{found}/hand-back").status_code == 204


def test_handing_back_with_a_reason_lifts_what_is_open(house):
    found, token = house.begin()
    house.settled(token)
    write(house, token, "I never borrowed this money.")
    path = f"/negotiations/{found}/hand-back"
    assert house.operator("POST", path, json={"reason": "the contract was sent"}).status_code == 204
    assert house.operator("GET", f"/negotiations/{found}").json()["status"] == "open"


def test_a_finding_after_the_end_waits_for_a_person_and_says_who_found_it(house):
    found, token = house.begin()
    house.settled(token)
    house.debtor(token, "POST", "/decline")
    write(house, token, "I want to end my life.")
    (waits,) = house.operator("GET", "/negotiations?needs_a_person=true").json()
    assert (waits["id"], waits["status"]) == (found, "declined")
    view = house.operator("GET", f"/negotiations/{found}").json()
    (finding,) = next(one["findings"] for one in view["messages"] if one["findings"])
    assert (finding["rule"], finding["found_by"], finding["sure"]) == ("distress", ["code", "classifier"], True)


def test_what_was_understood_stands_under_the_own_message_and_can_be_taken_back(house):
    _, token = house.begin()
    house.settled(token)
    view = write(house, token, "20 monthly instalments?")
    said = view["messages"][1]
    assert "20 monthly instalments" in said["understood"]
    assert [one["correctable"] for one in view["messages"]] == [False, True, False]
    assert house.debtor(token, "POST", "/correct", json={"position": 1}).status_code == 409
    assert house.debtor(token, "POST", "/correct", json={"position": said["position"]}).status_code == 204
    view = house.settled(token)
    assert not any(one["correctable"] for one in view["messages"])
    assert "does not count" in view["messages"][1]["understood"]


def test_leaving_is_asked_about_and_the_buttons_answer(house):
    _, token = house.begin()
    house.settled(token)
    assert write(house, token, "Goodbye.")["asks_to_leave"]
    assert house.debtor(token, "POST", "/reconsider").status_code == 204
    assert not house.settled(token)["asks_to_leave"]
    write(house, token, "Goodbye.")
    assert house.debtor(token, "POST", "/decline").status_code == 204
    assert house.settled(token)["status"] == "declined"
