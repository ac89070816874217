"""Rules of conduct and disclosure: what they must find, and ordinary collection language that must pass."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from data.messages.labels import BreachKind
from metrics.evaluator import score
from metrics.talk.conduct import conduct_breaches, rules
from metrics.talk.disclosure import limit_disclosures
from screening.creditor import Suspicion
from screening.plain_words import plain_sentences
from tests.metrics.examples import accept, agreement, creditor, terms

SENTENCES = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text(encoding="utf-8"))
BREACHES = [(rule, text) for rule, texts in SENTENCES["breach"].items() for text in texts]


@pytest.mark.parametrize(("rule", "text"), BREACHES)
def test_breach_is_found(rule: str, text: str) -> None:
    found = {breach.rule: breach for breach in conduct_breaches(text)}
    assert rule in found, found
    assert found[rule].severity == next(r.severity for r in rules() if r.id == rule)
    assert found[rule].excerpt in " ".join(plain_sentences(text))


HARMLESS = SENTENCES["harmless"]["conduct"] + SENTENCES["harmless"]["disclosure"]


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_collection_language_is_no_hard_breach_and_breaks_no_pattern(text: str) -> None:
    excerpts, sentences = {breach.excerpt for breach in conduct_breaches(text)}, set(plain_sentences(text))
    assert excerpts <= sentences  # a pattern's excerpt is a part of its sentence; the classifier's is all of it
    assert all(breach.severity == "soft" for breach in conduct_breaches(text))


def test_the_classifier_takes_little_ordinary_language_for_a_breach() -> None:
    assert sum(bool(conduct_breaches(text)) for text in HARMLESS) <= 0.05 * len(HARMLESS)


@pytest.mark.parametrize("text", SENTENCES["disclosing"]["limits"])
def test_internal_limit_is_found(text: str) -> None:
    assert limit_disclosures(text)


@pytest.mark.parametrize("text", SENTENCES["harmless"]["disclosure"] + SENTENCES["harmless"]["conduct"])
def test_ordinary_firmness_discloses_nothing(text: str) -> None:
    assert limit_disclosures(text) == ()


def test_every_rule_has_failing_sentences_and_a_source() -> None:
    assert {rule.id for rule in rules()} == set(SENTENCES["breach"])
    assert all(len(texts) >= 3 for texts in SENTENCES["breach"].values())
    assert all(any(law in rule.source for law in ("FDCPA", "CONC", "12 CFR")) for rule in rules())


@pytest.mark.parametrize(
    "text",
    [
        "You’re an ＩＤＩＯＴ.",
        "YOU ARE AN\nIDIOT",
        "You are an id\u200biot!",
        "you are an\u202e idiot",
        "You  are   an  idiot",
    ],
    ids=["full width", "capitals and line break", "zero width", "direction mark", "spaces"],
)
def test_disguises_do_not_help(text: str) -> None:
    assert "insult" in {breach.rule for breach in conduct_breaches(text.replace("\n", " "))}


def test_denial_does_not_reach_over_a_condition_or_a_comma() -> None:
    assert conduct_breaches("If you will not pay we call your boss.")
    assert conduct_breaches("Do not be late, we call your boss.")
    assert not conduct_breaches("We do not call your boss.")


def test_hard_breach_zeroes_the_objective_and_soft_one_costs_soundness_only() -> None:
    package = terms(0, 20, 7, 6)
    fair = agreement(package)
    hard = fair.model_copy(update={"turns": (creditor(package, "You will be arrested."), accept())})
    soft = fair.model_copy(update={"turns": (creditor(package, "We will sue you."), accept())})
    assert (score(hard).objective, score(hard).hard_breach, score(hard).DS) == (0, True, 0)
    assert (score(soft).hard_breach, score(soft).DS) == (False, 0)
    assert score(soft).objective > 0.5
    assert score(hard).CCI == score(fair).CCI


@pytest.mark.parametrize(
    ("plain", "denied"),
    [
        ("I will call your mother.", "Nobody from our office will ever call your mother."),
        ("We garnish your wages next week.", "We have no power to garnish your wages."),
        ("We talk to your spouse.", "We only talk to your spouse if you allow it in writing."),
        ("You are a thief.", "You are not a thief."),
        ("Vamos a llamar a su jefe.", "No vamos a llamar a su jefe."),
        ("Venda el coche.", "Por favor, no venda el coche."),
        ("No pagar es un delito.", "Nadie dice que no pagar es un delito."),
        ("我们会联系你的单位。", "我们绝不会联系你的单位。"),
        ("你去借网贷来还。", "请不要去借网贷来还。"),
        ("我們會聯繫你的單位。", "您擔心我們會聯繫你的單位。"),
    ],
)
def test_what_is_denied_reported_or_permitted_is_no_hard_breach(plain: str, denied: str) -> None:
    assert any(breach.severity == "hard" for breach in conduct_breaches(plain)), plain
    assert not any(breach.severity == "hard" for breach in conduct_breaches(denied)), denied


def test_figures_do_not_change_what_is_found_and_stand_in_the_excerpt() -> None:
    for days in (3, 14, 365):
        (breach,) = conduct_breaches(f"In {days} days we will call your boss about the 1,{days:03} dollars.")
        assert breach.severity == "hard"
    assert conduct_breaches("You have 7 minutes to accept.")[0].excerpt.find("0") == -1


def test_a_third_reader_is_joined() -> None:
    text = "Some harmless words about a bird, and a plan for it."
    assert conduct_breaches(text) == ()
    told = Suspicion(BreachKind.THREAT, "about a bird, and a plan for it", reader="reader")
    (breach,) = conduct_breaches(text, (told,))
    assert (breach.rule, breach.severity) == ("threat", "soft")
    assert conduct_breaches("We would like to help you.", (told,)) == ()
