"""How hard a pick was, and that demonstrations of hard ones come first."""

from __future__ import annotations

import dspy

from optimizers.demonstrations.guessed import unguessed
from optimizers.demonstrations.turns import HARD_PICK, demonstrations, recorded
from programs.creditor.settings import ProgramSettings
from programs.maden import Maden
from tests.programs.cases import random_cases
from tests.programs.creditor.choosing.test_choosing import choosing

FIRM = "A. no discount, 40% paid (1,000.00 CNY a month); yes now 5%, by the end 30%; kept 90%; result {}"
MIDDLE = "B. no discount, 20% paid (800.00 CNY a month, fits); yes now 20%, by the end 60%; kept 95%; result {}"
SOFT = "C. accept the debtor's offer: a 10% discount (500.00 CNY a month); kept 95%; result {}"


def menu(*results: int) -> str:
    return "\n".join(line.format(result) for line, result in zip((FIRM, MIDDLE, SOFT), results, strict=True))


def test_a_pick_is_hard_where_neither_place_nor_chance_tells_it():
    assert unguessed(menu(500, 600, 550)) == 1
    assert unguessed(menu(600, 500, 550)) == 3 / 4
    assert unguessed(menu(500, 550, 600)) == 1 / 4
    assert unguessed(menu(600, 599, 600)) == 0
    assert unguessed("") == 0


def test_a_demonstration_of_a_menu_weighs_what_its_pick_was_hard():
    with dspy.context(lm=choosing()):
        played = recorded(Maden(ProgramSettings.named("planned")), random_cases(1, seed=3)[0], 0)
    picks = [made for made in demonstrations(played) if made.predictor == "negotiator.predict"]
    assert picks
    for made in picks:
        assert made.weight == 1 + HARD_PICK * unguessed(made.example.options)
    assert len({made.weight for made in picks}) > 1
