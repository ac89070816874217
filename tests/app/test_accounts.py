"""The service on accounts: no code path asks for what only the debtor knows."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.conversation.negotiations import Negotiations
from app.database.stored_rows import CannotBe
from app.database.tables import Status
from data.accounts import read_accounts
from tests.app.desk import desk
from tests.app.served import Served, served
from tests.data.accounts_file import ACCOUNT, accounts_file, shipped_accounts, without_finances


@pytest.fixture
def running(tmp_path, monkeypatch):
    accounts = read_accounts(shipped_accounts(tmp_path))
    assert len(accounts) == 975
    without_finances(monkeypatch)
    with served(tmp_path, accounts=accounts) as found:
        found.log_in()
        yield found


def test_a_negotiation_is_led_watched_and_agreed_without_finances(running: Served):
    found, token = running.begin("d-0400")
    running.settled(token)
    running.debtor(token, "POST", "/messages", json={"text": "20 monthly instalments?"})
    running.settled(token)
    running.debtor(token, "POST", "/messages", json={"text": "I accept."})
    plan = running.settled(token)["to_confirm"]
    assert running.debtor(token, "POST", "/confirm", json={"plan": plan["id"]}).status_code == 200
    assert running.settled(token)["status"] == Status.AGREED
    for path in ("/negotiations", f"/negotiations/{found}", f"/negotiations/{found}/messages?before=3", "/counts"):
        assert running.operator("GET", path).status_code == 200, path
    card = running.operator("GET", f"/negotiations/{found}/score").json()
    assert card["values"] == {}
    assert "the service has accounts, which hold none" in card["unscored"]


def test_every_account_can_be_negotiated_with(running: Served):
    view = running.parts.negotiations.house.case_view
    assert all(view(f"d-{number:04d}").debt.outstanding > 0 for number in range(1, 976))
    with pytest.raises(CannotBe, match="there is no such case in the book"):
        view("d-9999")


def zone_of(negotiations: Negotiations, found: str) -> str:
    from app.database.stored_rows import row_of

    with negotiations.database.reading() as session:
        return row_of(session, found).timezone


def test_the_time_zone_of_the_account_counts_unless_one_is_given(tmp_path):
    negotiations = desk(tmp_path, accounts=read_accounts(accounts_file(tmp_path)))
    assert zone_of(negotiations, negotiations.start("k-1", asked_for=True)) == "Europe/Madrid"
    assert zone_of(negotiations, negotiations.start("k-1", "Asia/Tokyo", asked_for=True)) == "Asia/Tokyo"


def test_the_service_says_whose_language_it_cannot_speak(tmp_path):
    polish = accounts_file(tmp_path, ACCOUNT | {"language": "pl"})
    house = desk(tmp_path, accounts=read_accounts(polish)).house
    assert house.unspoken() == "1 account in pl, which cannot be spoken yet: they are written to in English"
