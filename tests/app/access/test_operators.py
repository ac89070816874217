from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlparse

import pyotp
import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from sqlalchemy import select

from app.access import operator_accounts, operators
from app.access.operators import Operators
from app.access.second_factor import step_of
from app.database.migrating import migrate
from app.database.stored_rows import CannotBe, row_of
from app.database.tables import AuditRow, Role
from plumbing.errors import UserError
from tests.app.databases import opened
from tests.app.served import PASSWORD

AT = datetime(2027, 3, 1, 12, 0, 10, tzinfo=UTC)


@pytest.fixture
def known(tmp_path) -> Operators:
    """Operators, of whom there is one."""
    database = opened(tmp_path)
    migrate(database)
    made = Operators(database)
    made.add("olga", PASSWORD)
    return made


def audited(known: Operators, action: str) -> list[tuple[str, dict]]:
    with known.database.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.number))
        return [(row.actor, row.detail) for row in rows]


@pytest.mark.parametrize(
    "name",
    ["debtor", "Debtor", "PROGRAM", "ｓｅｒｖｉｃｅ", "command  line", "you", "", " ", " olga", "a\nb", "a\u200bb",
     "a/b", "x" * 101],
)  # fmt: skip
def test_nobody_is_called_what_the_audit_log_calls_another_or_cannot_show(known, name):
    with pytest.raises(UserError):
        known.add(name, PASSWORD)
    assert [one.name for one in operator_accounts.all_accounts(known.database)] == ["olga"]


def test_two_operators_are_never_called_alike(known):
    with pytest.raises(UserError, match="called olga already"):
        known.add("OLGA", PASSWORD)
    known.add("李娜", PASSWORD)


def test_logins_and_refused_ones_are_audited_and_a_name_that_is_nobodys_is_not_told(known):
    known.log_in("hunter2 my password", PASSWORD, address="203.0.113.5")
    known.log_in("olga", "wrong password", address="203.0.113.5")
    known.log_in("olga", PASSWORD, address="203.0.113.6")
    operator_accounts.lock(known.database, "olga", "command line")
    known.log_in("olga", PASSWORD, address="203.0.113.7")
    assert audited(known, "login refused") == [
        ("service", {"operator": None, "why": "unknown name", "address": "203.0.113.5"}),
        ("service", {"operator": "olga", "why": "wrong password", "address": "203.0.113.5"}),
        ("service", {"operator": "olga", "why": "locked", "address": "203.0.113.7"}),
    ]
    assert audited(known, "logged in") == [("olga", {"address": "203.0.113.6"})]


def test_a_login_over_http_is_audited_with_the_address_that_it_came_from(house):
    refused = house.client.post("/api/login", json={"name": "olga", "password": "wrong password"})
    assert refused.status_code == 401
    (address,) = {detail["address"] for _, detail in audited(house.parts.operators, "login refused")}
    assert address == "testclient"
    assert [detail["address"] for _, detail in audited(house.parts.operators, "logged in")] == [address]


def test_who_is_locked_is_out_at_once_and_comes_back_when_unlocked(known):
    token = known.log_in("olga", PASSWORD)
    assert known.known(token)
    operator_accounts.lock(known.database, "olga", "command line")
    assert known.known(token) is None
    assert known.log_in("olga", PASSWORD) is None
    known.add("olga", PASSWORD)  # a new password does not unlock
    assert known.log_in("olga", PASSWORD) is None
    operator_accounts.unlock(known.database, "olga", "command line")
    assert known.known(token) is None
    assert known.log_in("olga", PASSWORD)
    assert audited(known, "operator locked") == audited(known, "operator unlocked")


def test_who_is_removed_is_out_and_whom_they_led_waits_for_a_person(house):
    found, token = house.begin()
    house.settled(token)
    house.operator("POST", f"/negotiations/{found}/take-over")
    assert house.operator("GET", "/counts").json()["needs_a_person"] == 0
    database = house.parts.operators.database
    operator_accounts.remove(database, "olga", "command line")
    assert house.operator("GET", "/counts").status_code == 401
    assert operator_accounts.all_accounts(database) == []
    with database.reading() as session:
        assert row_of(session, found).operator is None
        released = session.scalars(select(AuditRow).where(AuditRow.action == "released")).one()
    assert (released.actor, released.negotiation_id) == ("command line", found)
    house.log_in("paul")
    assert house.operator("GET", "/counts").json()["needs_a_person"] == 1


def test_what_is_nobodys_account_is_told(known):
    for change in (
        operator_accounts.lock,
        operator_accounts.unlock,
        operator_accounts.remove,
        operator_accounts.enrol,
        operator_accounts.drop_second_factor,
    ):
        with pytest.raises(CannotBe, match="no such operator"):
            change(known.database, "nobody", "command line")
    with pytest.raises(CannotBe, match="lock yourself"):
        operator_accounts.lock(known.database, "olga", "olga")


def test_another_role_ends_the_logins_of_the_one_before(known):
    token = known.log_in("olga", PASSWORD)
    assert known.known(token).role is Role.ACTS
    operator_accounts.set_role(known.database, "olga", Role.READS, "command line")
    assert known.known(token) is None
    assert known.known(known.log_in("olga", PASSWORD)).role is Role.READS


def test_a_second_factor_is_asked_for_and_each_code_is_good_once(known, monkeypatch):
    token = known.log_in("olga", PASSWORD)
    uri = urlparse(operator_accounts.enrol(known.database, "olga", "command line"))
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/maden:olga")
    totp = pyotp.TOTP(parse_qs(uri.query)["secret"][0])
    assert known.known(token) is None
    monkeypatch.setattr(operators, "now", lambda: AT)
    code = totp.at(AT)
    for wrong in (
        "",
        "123",
        "000000" if code != "000000" else "000001",
        totp.at(AT, counter_offset=5),
        "１２３４５６",
        "x" * 20,
    ):
        assert known.log_in("olga", PASSWORD, wrong) is None
    assert known.log_in("olga", "wrong password", code) is None
    assert known.log_in("olga", PASSWORD, f"{code[:3]} {code[3:]}")  # the wrong password did not use it up
    assert known.log_in("olga", PASSWORD, code) is None  # replayed
    assert known.log_in("olga", PASSWORD, totp.at(AT, counter_offset=-1)) is None  # older than one that was used
    monkeypatch.setattr(operators, "now", lambda: AT + timedelta(seconds=30))
    assert known.log_in("olga", PASSWORD, totp.at(AT, counter_offset=1))
    assert {one["why"] for _, one in audited(known, "login refused")} == {"wrong code", "wrong password"}
    operator_accounts.drop_second_factor(known.database, "olga", "command line")
    assert known.log_in("olga", PASSWORD)


def test_a_code_may_be_a_step_early_or_late_and_no_more():
    secret = pyotp.random_base32()
    totp = pyotp.TOTP(secret)
    for offset, fits in [(-2, False), (-1, True), (0, True), (1, True), (2, False)]:
        assert (step_of(secret, totp.at(AT, counter_offset=offset), AT, None) is not None) is fits, offset


def test_the_page_logs_in_with_a_code(house):
    uri = operator_accounts.enrol(house.parts.operators.database, "olga", "command line")
    totp = pyotp.TOTP(parse_qs(urlparse(uri).query)["secret"][0])
    body = {"name": "olga", "password": PASSWORD}
    without, wrong = (house.client.post("/api/login", json={**body, **more}) for more in ({}, {"code": "12"}))
    nobody = house.client.post("/api/login", json={**body, "name": "nobody"})
    assert [one.status_code for one in (without, wrong, nobody)] == [401] * 3
    assert without.json() == wrong.json() == nobody.json()  # no word on whether the password was right
    assert house.client.post("/api/login", json={**body, "code": totp.now()}).status_code == 200
