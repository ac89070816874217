"""Instructions from written rules: which there are, what they are put together to, and who tries them."""

from __future__ import annotations

import random
import tomllib

import pytest

from optimizers.proposals.asking import MAX_INSTRUCTION_CHARS
from optimizers.proposals.library import FILE, bullets, combined, next_bullet, with_bullets
from programs.creditor.fingerprints import predictors
from programs.creditor.settings import PROGRAM_NAMES, ProgramSettings
from programs.maden import Maden
from programs.reader_program import ReaderProgram

PROGRAMS = [*(Maden(ProgramSettings.named(name)) for name in PROGRAM_NAMES), ReaderProgram()]
WRITTEN = tomllib.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("program", PROGRAMS, ids=[*PROGRAM_NAMES, "reader"])
def test_every_program_has_rules_for_all_that_it_is_taught_and_combinations_keep_its_own_words(program):
    found = combined(program, 0, 4)
    for name, rules in bullets(program).items():
        own = predictors(program)[name].signature.instructions.rstrip()
        mine = [one for one in found if one.predictor == name]
        assert rules
        assert len({one.text for one in mine}) == len({one.name for one in mine}) == len(mine) > 1
        for one in mine:
            assert one.text.startswith(own)
            assert len(one.text) <= MAX_INSTRUCTION_CHARS
            assert [line for line in one.text.splitlines() if line.startswith("- ")] == [
                f"- {rule}" for rule in rules if rule in one.text
            ]


def test_every_rule_belongs_to_a_module_and_fits_an_instruction():
    known = {p.signature.__name__ for program in PROGRAMS for p in predictors(program).values()}
    assert set(WRITTEN) <= known
    texts = [entry["text"] for rules in WRITTEN.values() for entry in rules.values()]
    assert len(set(texts)) == len(texts)
    assert all(entry["reason"] and len(entry["text"]) < 200 for rules in WRITTEN.values() for entry in rules.values())


def test_the_same_seed_draws_the_same_and_another_one_others():
    program = Maden(ProgramSettings.named("maden"))
    assert combined(program, 0, 5) == combined(program, 0, 5) != combined(program, 1, 5)


def test_a_rule_is_added_once_and_only_where_there_is_room():
    rules, rng = ["Be kind.", "Be brief."], random.Random(0)
    one = next_bullet("You negotiate.", rules, rng)
    both = next_bullet(one, rules, rng)
    assert both in {with_bullets("You negotiate.", order) for order in (rules, rules[::-1])}
    assert next_bullet(both, rules, rng) is None
    assert next_bullet("x" * MAX_INSTRUCTION_CHARS, rules, rng) is None
    assert next_bullet("You negotiate.", [], rng) is None
