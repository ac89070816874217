from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from typer.testing import CliRunner

from app.__main__ import PASSWORD as PASSWORD_VARIABLE
from app.__main__ import app
from app.access.links import SECRET
from app.access.operator_accounts import all_accounts
from app.access.operators import Operators
from app.database.tables import Role
from plumbing.errors import UserError
from tests.app.databases import opened, url_of
from tests.app.served import PASSWORD


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Calls the command on the database of this test."""
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)

    def call(*words: str) -> str:
        result = CliRunner().invoke(app, ["operator", *words, "--database", url_of(tmp_path)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return call


def failed(run, *words: str) -> str:
    with pytest.raises(UserError) as told:
        run(*words)
    return str(told.value)


def test_an_operator_is_added_locked_unlocked_and_removed(run, tmp_path):
    assert "may log in" in run("olga")
    run("paul", "--role", "reads")
    run("paul", "--lock")
    assert run("--list").splitlines()[0] == "olga: acts"
    assert "paul: reads, locked since 20" in run("--list")
    run("paul", "--unlock")
    run("paul", "--role", "administers")
    run("olga", "--remove")
    assert [(one.name, one.role, one.locked) for one in all_accounts(opened(tmp_path))] == [
        ("paul", Role.ADMINISTERS, None)
    ]


def test_a_second_factor_is_set_and_dropped(run, tmp_path):
    run("olga")
    assert "otpauth://totp/maden:olga?secret=" in run("olga", "--second-factor")
    assert "second factor" in run("--list")
    operators = Operators(opened(tmp_path))
    assert operators.log_in("olga", PASSWORD) is None
    run("olga", "--no-second-factor")
    assert operators.log_in("olga", PASSWORD)


def test_what_does_not_go_together_or_is_not_there_is_one_sentence(run):
    assert "--lock and --remove do not go together" in failed(run, "olga", "--lock", "--remove")
    assert "--lock and --role" in failed(run, "olga", "--lock", "--role", "reads")
    assert "no such operator" in failed(run, "olga", "--lock")
    assert "name an operator" in failed(run)
    assert "calls somebody else debtor" in failed(run, "Debtor")


def test_the_service_does_not_start_with_a_secret_that_can_be_guessed(tmp_path, monkeypatch):
    monkeypatch.setenv(SECRET, "x")
    with pytest.raises(UserError, match="has 1 bytes and needs 32"):
        CliRunner().invoke(app, ["--database", url_of(tmp_path)], catch_exceptions=False)
