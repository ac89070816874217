"""Both at the table in the debtor's language: the same moves, other words; without a language nothing changes."""

from __future__ import annotations

import dspy
import pytest

from data.book.cell_tables import write_csv
from data.book.rows import COLUMNS, read_row, write_row
from data.domain import CreditorPolicy, DebtCase, Speaker
from programs.creditor.rules import RuleCreditor
from programs.creditor.settings import ProgramSettings
from programs.debtor.simulated import SimulatedDebtor
from programs.maden import Maden
from programs.table.runner import play
from screening.languages import written_in
from tests.data.builders import ROW, make_case
from tests.programs.cases import case
from tests.programs.players import APPROVE, playing, sensible
from wording import LANGUAGES

FIXED = case()


def spoken_to(tag: str | None) -> DebtCase:
    return FIXED.model_copy(update={"debtor": FIXED.debtor.model_copy(update={"language": tag})})


def by_rule(tag: str | None):
    debt_case = spoken_to(tag)
    policy = CreditorPolicy()
    seat = RuleCreditor("linear", debt_case.creditor_view(), policy, seed=1)
    return play(debt_case, seat, SimulatedDebtor(debt_case, 1), policy, seed=1)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_both_make_the_same_moves_in_every_language(tag):
    plain, here = by_rule(None), by_rule(tag)
    assert [one.move for one in here.turns] == [one.move for one in plain.turns]
    assert here.agreed == plain.agreed
    ours = [one.dialogue for one in here.turns if one.speaker is Speaker.CREDITOR]
    assert all(written_in(said, tag) for said in ours)
    theirs = [one.dialogue for one in here.turns if one.speaker is Speaker.DEBTOR]
    assert all(written_in(said, tag) for said in theirs)


def test_english_that_is_asked_for_is_the_english_of_before():
    assert [one.dialogue for one in by_rule("en").turns] == [one.dialogue for one in by_rule(None).turns]


@pytest.mark.parametrize(("tag", "told"), [(None, ""), ("en", ""), ("pl", ""), ("es-MX", "Spanish"), ("zh", "Chinese")])
def test_the_model_is_told_the_language_where_it_is_not_english(tag, told):
    negotiators: list[str] = []
    others: list[str] = []

    def answer(prompt: str):
        negotiators.append(prompt)
        return sensible(prompt)

    def verdict(prompt: str):
        others.append(prompt)
        return APPROVE

    with dspy.context(lm=playing(answer, verdict=verdict)):
        program = Maden(ProgramSettings())
        negotiation = program(case=spoken_to(tag), seed=0).negotiation
    assert len(negotiators) > 1
    assert all((f"Write the message in {told}." in one) == bool(told) for one in negotiators)
    assert all((f", speaks {told};" in one) == bool(told) for one in negotiators)
    assert not any("oferta" in one or "方案" in one for one in others)  # what prompts show stays English
    said = [one.dialogue for one in negotiation.turns if one.speaker is Speaker.CREDITOR]
    assert ("Good day" in said[0]) == (told == "")
    assert all(written_in(one, tag if told else "en") for one in said)


def test_what_nobody_has_said_is_in_no_record_and_no_book():
    plain = spoken_to(None).model_dump_json()
    assert "language" not in plain
    assert DebtCase.model_validate_json(spoken_to("es").model_dump_json()).debtor.language == "es"
    rows = [write_row(make_case())]
    assert b"language" not in write_csv(rows)
    assert write_csv([write_row(make_case(language="zh"))]).splitlines()[0].endswith(b",persona,language")


@pytest.mark.parametrize(("cell", "tag"), [("", None), ("ES", "es"), ("zh_hans", "zh-Hans")])
def test_a_book_may_have_a_column_for_the_language(cell, tag):
    found = read_row({**ROW, "language": cell}, 2)
    assert found.case is not None
    assert found.case.debtor.language == tag
    assert "language" in COLUMNS


def test_a_cell_that_is_no_language_is_a_fault_with_its_place():
    (fault,) = read_row({**ROW, "language": "Spanish"}, 7).faults
    assert fault.told("book.csv") == (
        "book.csv, row 7, column language: 'Spanish' is not a language; write its BCP 47 tag, such as en, es or zh-Hans"
    )
