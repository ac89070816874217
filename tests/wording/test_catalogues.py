"""Every catalogue has every sentence of the code, with its placeholders, and no other; one row a language."""

from __future__ import annotations

import re
from string import Formatter

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.rendering import script_messages
from data.domain import MoveKind
from metrics.talk.figures import stray_figures
from programs.creditor import rules
from programs.table import words
from tests.catalogues import SAID_IN_SCRIPTS, SCRIPTS, in_scripts, messages, written_anew
from tests.programs.cases import case, terms
from wording import LANGUAGES, catalogue_of, say, speaking
from wording.tags import SOURCE, locale_of, own_name

ROWS = {
    # language: its name in itself; the statement of 10 %, 20 % in 7 days, 12 instalments; CNY 12,345.67
    "en": (
        "English",
        "Our offer is: a 10% discount, 20% paid within 7 days, the rest in 12 monthly instalments.",
        "CNY 12,345.67",
    ),
    "es": (
        "Español",
        "Nuestra oferta es: un 10 % de descuento, un primer pago del 20 % a más tardar en 7 días y el resto en "
        "12 cuotas mensuales.",
        "12.345,67 CNY",
    ),
    "zh": ("中文", "我们的方案是：减免10%，7天内支付20%，余款分12期按月还清。", "¥12,345.67"),
}
OTHERS = [one for one in LANGUAGES if one != SOURCE]
SAID = messages()


def test_there_is_a_row_for_every_language():
    assert set(ROWS) == set(LANGUAGES)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_language_says_the_offer_and_writes_amounts_in_its_own_way(tag):
    name, statement, amount = ROWS[tag]
    with speaking(tag):
        said = words.statement(MoveKind.ASK, terms(10, 20, 7, 12), repeated=False)
        assert (own_name(tag), said, words.money_said(1_234_567, "CNY")) == tuple(
            part.replace(" %", "\u00a0%").replace(" CNY", "\u00a0CNY") if tag != "en" else part
            for part in (name, statement, amount)
        )


@pytest.mark.parametrize("tag", OTHERS)
def test_no_sentence_is_missing_and_none_is_left_over(tag):
    catalogue = catalogue_of(tag)
    there = {one.id if isinstance(one.id, tuple) else (one.id,): one for one in catalogue if one.id}
    assert set(there) == set(SAID), "run `python -m tests.catalogues`, then translate what is empty"
    empty = [key for key, one in there.items() if not all(one.string if len(key) > 1 else (one.string,))]
    assert not empty, empty
    assert not [key for key, one in there.items() if one.fuzzy]


@pytest.mark.parametrize("tag", OTHERS)
def test_the_placeholders_are_those_of_the_english_sentence(tag):
    for one in catalogue_of(tag):
        if one.id:
            wanted = placeholders(one.id[-1] if isinstance(one.id, tuple) else one.id)
            for said in one.string if isinstance(one.string, tuple) else (one.string,):
                assert placeholders(said) == wanted, (one.id, said)


@pytest.mark.parametrize("tag", OTHERS)
def test_a_catalogue_has_as_many_plurals_as_its_language(tag):
    catalogue = catalogue_of(tag)
    counted = [one for one in catalogue if isinstance(one.id, tuple)]
    assert counted
    assert all(len(one.string) == catalogue.num_plurals for one in counted)


@pytest.mark.parametrize("tag", OTHERS)
def test_writing_a_catalogue_anew_keeps_what_is_translated(tag):
    before = {one.id: one.string for one in catalogue_of(tag) if one.id}
    assert {one.id: one.string for one in written_anew(tag) if one.id} == before


def placeholders(sentence: str) -> list[tuple[str, str]]:
    return sorted((name, form or "") for _, name, form, _ in Formatter().parse(sentence) if name is not None)


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("package", [terms(0, 50, 1, 3), terms(12.5, 7.5, 10, 11), terms(30, 5, 14, 24)], ids=str)
def test_every_statement_carries_the_moves_figures_and_no_others(tag, package):
    debt = case().debt
    with speaking(tag):
        for kind in MoveKind:
            for repeated in (True, False):
                assert stray_figures(words.statement(kind, package, repeated), package, debt) == ()
        for wording in (*rules.OFFERS, *rules.REPEATS, *rules.ACCEPTANCES):
            said = say(wording, terms=words.package_said(package))
            assert stray_figures(said, package, debt) == ()
            for figure in (package.immediate_payment_days, package.installment_periods):
                assert str(figure) in said


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("package", [terms(0, 50, 1, 3), terms(12.5, 7.5, 10, 11)], ids=str)
def test_the_models_own_part_is_found_in_every_language(tag, package):
    with speaking(tag):
        stated = words.statement(MoveKind.REJECT, package, repeated=True)
        said = f"Thank you. {stated} {words.question('income')}"
    assert words.argument(said, "income") == "Thank you."


def test_no_sentence_of_the_scripts_escapes_the_catalogue():
    """Babel does not look inside template literals, so nothing may be said in one."""
    found = {one[0] for one, _ in in_scripts()}
    for file in SCRIPTS.glob("*.js"):
        text = file.read_text(encoding="utf-8")
        for name in SAID_IN_SCRIPTS:
            for said in re.findall(rf"\b{name}\(\s*\"((?:[^\"\\]|\\.)*)\"", text):
                assert said in found, (file.name, said)


@pytest.mark.parametrize("tag", OTHERS)
def test_the_scripts_are_given_all_they_say(tag):
    given = script_messages(tag)
    assert set(given) == {one[0] for one, _ in in_scripts()}
    assert all(isinstance(given[one[0]], list) == (len(one) > 1) for one, _ in in_scripts())
    assert locale_of(tag).language == tag
