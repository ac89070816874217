"""`python -m app audit`: changed amounts, a chain cut at its end, an emptied one, and anchors that show it."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from sqlalchemy import delete
from typer.testing import CliRunner

from app.__main__ import app
from app.conversation.negotiations import Negotiations
from app.database import audit_log as audit
from app.database.migrating import migrate
from app.database.tables import AuditRow, NegotiationRow, Status
from plumbing.errors import UserError
from tests.app.databases import opened, url_of
from tests.app.desk import CASE, desk_lm, house

SECRET = {"MADEN_APP_SECRET": "secret" * 8}


@pytest.fixture
def service(tmp_path) -> Negotiations:
    database = opened(tmp_path)
    migrate(database)
    return Negotiations(database, house(tmp_path, desk_lm()))


@pytest.fixture
def agreed(service) -> str:
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    service.confirm(found, service.accept_offer(found).id)
    return found


def command(folder, *words: str, status: int = 0, env=SECRET) -> str:
    done = CliRunner().invoke(app, ["audit", "--database", url_of(folder), *words], env=env)
    if isinstance(done.exception, UserError):
        raise done.exception
    assert done.exit_code == status, (done.output, done.exception)
    return done.stdout


def change(service: Negotiations, found: str, **changes) -> None:
    def work(session) -> None:
        row = session.get_one(NegotiationRow, found)
        for name, value in changes.items():
            setattr(row, name, value)

    service.database.transaction(work)


def cut(service: Negotiations, after: int) -> None:
    service.database.transaction(lambda session: session.execute(delete(AuditRow).where(AuditRow.number > after)))


def test_the_amounts_and_dates_of_an_agreed_plan_are_in_the_chain(service, agreed, tmp_path):
    assert "entries, whole" in command(tmp_path)
    with service.database.reading() as session:
        plan = session.get_one(NegotiationRow, agreed).agreed
    payments = plan["payments"]
    cheaper = {**payments[0], "amount_minor": payments[0]["amount_minor"] - 1}
    later = {**payments[-1], "due": "2099-01-01"}
    for forged in (
        {**plan, "payments": [cheaper, *payments[1:]]},
        {**plan, "payments": [*payments[:-1], later]},
        {**plan, "total_minor": 1},
        None,
    ):
        change(service, agreed, agreed=forged)
        assert f"the agreed plan of negotiation {agreed}" in command(tmp_path, status=1)
    change(service, agreed, agreed=plan)
    command(tmp_path)
    change(service, agreed, status=Status.DECLINED.value)
    assert agreed in command(tmp_path, status=1)


def test_a_plan_that_nobody_confirmed_is_noticed(service, agreed, tmp_path):
    with service.database.reading() as session:
        plan = session.get_one(NegotiationRow, agreed).agreed
    other = service.database.transaction(
        lambda session: session.merge(
            NegotiationRow(
                id="f" * 32, case_id="d-2", view={}, artifact="x", program_sha256="x", lm="x", profile="neutral",
                timezone="UTC", status=Status.AGREED.value, agreed=plan,
            )
        ).id
    )  # fmt: skip
    assert other in command(tmp_path, status=1)


def test_a_chain_that_was_cut_or_emptied_lacks_a_hash_that_it_had(service, agreed, tmp_path):
    before = command(tmp_path).split()[-1]
    command(tmp_path, "--expect", before)
    cut(service, 1)
    service.database.transaction(lambda session: session.execute(delete(NegotiationRow)))
    assert "1 entries, whole" in command(tmp_path)
    assert "cut, emptied or made anew" in command(tmp_path, "--expect", before, status=1)
    cut(service, 0)
    assert "cut, emptied or made anew" in command(tmp_path, "--expect", before, status=1)


def test_a_chain_that_went_on_still_has_the_hash(service, agreed, tmp_path):
    before = command(tmp_path).split()[-1]
    service.database.transaction(lambda session: audit.record(session, "olga", "looked"))
    assert before not in command(tmp_path, "--expect", before)


def test_an_anchor_is_signed_and_counts_the_entries(service, agreed, tmp_path):
    anchor = tmp_path / "anchor.json"
    command(tmp_path, "export", str(anchor))
    told = json.loads(anchor.read_text())
    assert (told["entries"], told["head"]) == (4, command(tmp_path).split()[-1])
    service.database.transaction(lambda session: audit.record(session, "olga", "looked"))
    assert "5 entries" in command(tmp_path, "--anchor", str(anchor))
    cut(service, 3)
    assert "entry 4 was another one" in command(tmp_path, "--anchor", str(anchor), status=1)
    anchor.write_text(json.dumps({**told, "entries": 3}))
    assert "was not signed with this" in command(tmp_path, "--anchor", str(anchor), status=1)
    with pytest.raises(UserError, match="set MADEN_APP_SECRET"):
        command(tmp_path, "export", env={"MADEN_APP_SECRET": ""})


def test_another_secret_signs_another_anchor(service, agreed, tmp_path):
    anchor = tmp_path / "anchor.json"
    anchor.write_text(command(tmp_path, "export"))
    command(tmp_path, "--anchor", str(anchor))
    other = {"MADEN_APP_SECRET": "other" * 8}
    assert "was not signed with this" in command(tmp_path, "--anchor", str(anchor), status=1, env=other)


def test_a_broken_chain_is_not_anchored(service, agreed, tmp_path):
    service.database.transaction(lambda session: setattr(session.get_one(AuditRow, 2), "actor", "nobody"))
    assert "broken at entry 2" in command(tmp_path, "export", str(tmp_path / "anchor.json"), status=1)
    assert not (tmp_path / "anchor.json").exists()


@pytest.mark.parametrize("words", [["--expect", "abc"], ["--anchor", "nothing.json"]])
def test_what_is_no_hash_and_no_anchor_is_told(service, tmp_path, words):
    with pytest.raises(UserError):
        command(tmp_path, *words)


@pytest.mark.parametrize(
    "words", [["audit"], ["audit", "export"], ["erase", "d-1"], ["retain", "30"], ["dump", "out.jsonl"]]
)
def test_a_mistyped_path_makes_no_database(tmp_path, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [*words, "--database", "sqlite:///fodler/maden.sqlite"], env=SECRET)
    assert isinstance(done.exception, UserError)
    assert "there is no database at fodler/maden.sqlite" in str(done.exception)
    assert list(tmp_path.iterdir()) == []
