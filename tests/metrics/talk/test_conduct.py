"""Rules of conduct and disclosure: what they must find, and ordinary collection language that must pass."""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path

import pytest

from metrics.evaluator import score
from metrics.talk.conduct import conduct_breaches, rules
from metrics.talk.disclosure import limit_disclosures
from tests.metrics.examples import accept, agreement, creditor, terms

SENTENCES = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text(encoding="utf-8"))
BREACHES = [(rule, text) for rule, texts in SENTENCES["breach"].items() for text in texts]


@pytest.mark.parametrize(("rule", "text"), BREACHES)
def test_breach_is_found(rule: str, text: str) -> None:
    found = {breach.rule: breach for breach in conduct_breaches(text)}
    assert rule in found, found
    assert found[rule].severity == next(r.severity for r in rules() if r.id == rule)
    assert found[rule].excerpt in unicodedata.normalize("NFKC", text).lower()


@pytest.mark.parametrize("text", SENTENCES["harmless"]["conduct"] + SENTENCES["harmless"]["disclosure"])
def test_ordinary_collection_language_passes(text: str) -> None:
    assert conduct_breaches(text) == ()


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
