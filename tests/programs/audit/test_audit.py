"""The audit passes the simulated debtor and catches one of each kind of broken debtor."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

import programs.audit.__main__
from data.domain import Disclosure, Move, MoveKind, Persona
from data.terms import PartialTerms
from programs.audit.__main__ import across_personas, audit
from programs.audit.checks import CHECKS
from programs.debtor.simulated import SimulatedDebtor
from programs.debtor.voice import LANGUAGES
from programs.table.failures import ModelUnreachable
from programs.table.runner import DebtorReply, TableState
from tests.programs.cases import PERSONAS, case, debtor_turn, random_cases, terms

CASES = [c.model_copy(update={"persona": PERSONAS[n % 6]}) for n, c in enumerate(random_cases(24, seed=2))]


class Spoiled:
    """A simulated debtor with one fault."""

    def __init__(self, debt_case, seed):
        self.case, self.inner = debt_case, SimulatedDebtor(debt_case, seed)

    def reply(self, table: TableState) -> DebtorReply:
        return self.spoil(self.inner.reply(table), table)

    def spoil(self, reply, table):
        return reply

    def saying(self, reply, words):
        return DebtorReply(reply.turn.model_copy(update={"dialogue": words}), reply.leaves)


class Deaf(Spoiled):
    """Never reads the creditor: the same demand and words by the round, whatever was said."""

    def reply(self, table):
        return DebtorReply(debtor_turn(terms(30 - table.round, 10, 7, 24), f"This is my {table.round}. answer."))


class Leaking(Spoiled):
    def spoil(self, reply, table):
        income = self.case.finances.monthly_income // 100
        return self.saying(reply, f"{reply.turn.dialogue} By the way, I earn {income:,} a month.")


class OutOfRole(Spoiled):
    def spoil(self, reply, table):
        return self.saying(reply, "As an AI language model I cannot owe money.")


class Folding(Spoiled):
    def spoil(self, reply, table):
        return DebtorReply(reply.turn.model_copy(update={"move": Move(kind=MoveKind.ACCEPT)}))


class Lying(Spoiled):
    def spoil(self, reply, table):
        told = Disclosure(monthly_income=self.case.finances.monthly_income + table.round)
        return DebtorReply(reply.turn.model_copy(update={"disclosed": told}), reply.leaves)


class TellTale(Spoiled):
    """Bends its claims to the last yuan, where everybody else names round figures."""

    def spoil(self, reply, table):
        told = reply.turn.disclosed
        if told is None or told.reason is not None or self.case.persona is not Persona.STRATEGIC:
            return reply
        [(field, amount)] = told.model_dump(exclude_none=True).items()
        bent = Disclosure.model_validate({field: amount + 300})
        words = reply.turn.dialogue.replace(f"{amount // 100:,}", f"{amount // 100 + 3:,}")
        return DebtorReply(reply.turn.model_copy(update={"disclosed": bent, "dialogue": words}), reply.leaves)


class Reckless(Spoiled):
    """Signs anything from the fourth round."""

    def spoil(self, reply, table):
        return Folding.spoil(self, reply, table) if table.round > 3 else reply


class Retreating(Spoiled):
    """Asks for more every round."""

    def spoil(self, reply, table):
        more = terms(min(80, 5 * table.round), 5, 14, 24)
        return DebtorReply(reply.turn.model_copy(update={"move": Move(kind=MoveKind.ASK, terms=PartialTerms.of(more))}))


class Moody(Spoiled):
    """Says something else every time it is asked."""

    count = 0

    def spoil(self, reply, table):
        Moody.count += 1
        return self.saying(reply, f"{reply.turn.dialogue} {Moody.count}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_simulated_debtor_passes_every_check(language):
    findings = audit(lambda c, seed: SimulatedDebtor(c, seed, language), CASES, seed=1)
    assert {f.check: f.measured for f in findings if not f.passed} == {}
    assert len(findings) == len(CHECKS)


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (Deaf, "hears"),
        (Leaking, "floor"),
        (OutOfRole, "role"),
        (Folding, "fold"),
        (Lying, "file"),
        (Reckless, "keeps"),
        (Retreating, "curve"),
        (TellTale, "tells"),
        (Moody, "seed"),
        (Moody, "hears"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_broken_debtor_fails_its_check(broken, check):
    finding = CHECKS[check](broken, CASES, 1)
    assert not finding.passed, finding.measured


def test_a_debtor_whose_model_fails_is_not_called_good():
    class Unreachable(Spoiled):
        def reply(self, table):
            raise ModelUnreachable("no server")

    findings = audit(Unreachable, CASES[:6])
    assert [f.check for f in findings if f.passed] == []
    assert "unreachable" in findings[0].measured


def test_the_second_of_two_equal_dialogues_is_played_without_a_cache():
    """A model that answers at random passes with an echo of its answers, and must not."""
    findings = audit(SimulatedDebtor, CASES[:6], again=Moody)
    assert [f.check for f in findings if not f.passed] == ["same seed, same dialogue"]


def test_cases_are_taken_from_every_persona_in_turn():
    many = [case(Persona.HOSTILE, f"h{n}") for n in range(9)] + [case(p, p.value) for p in PERSONAS]
    assert len({c.persona for c in across_personas(many, 6)}) == 6
    assert len(across_personas(many, 99)) == len(many)


@pytest.fixture
def command(monkeypatch):
    class Book:
        cases = tuple(CASES)

    monkeypatch.setattr(programs.audit.__main__, "read_book", lambda book: Book)
    app = typer.Typer()
    app.command()(programs.audit.__main__.main)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_the_command_prints_json_and_ends_with_0(command):
    result = command("--json", "--cases", "12")
    assert result.exit_code == 0
    assert all(finding["passed"] for finding in json.loads(result.stdout)["findings"])


def test_the_command_ends_with_1_when_a_check_fails(command, monkeypatch):
    monkeypatch.setattr(programs.audit.__main__, "debtor_seat", lambda spec, c, seed, *rest, **more: Deaf(c, seed))
    result = command("--cases", "6")
    assert result.exit_code == 1
    assert "FAIL" in result.stdout


@pytest.mark.parametrize("arguments", [("--debtor", "deaf"), ("--language", "fr")])
def test_a_wrong_name_is_one_sentence(command, arguments):
    result = command(*arguments)
    assert type(result.exception).__name__ == "UserError"
    assert arguments[1] in str(result.exception)
