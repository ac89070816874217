from __future__ import annotations

from statistics import fmean

import pytest

from data.book import read_book
from metrics.evaluator import score_many
from optimizers.strategies.search.screening import screened
from optimizers.strategies.search.space import knobs
from optimizers.strategies.search.stand_in import stand_in
from programs.creditor.settings import ProgramSettings, Variant

CASES = read_book(None).split("train")[:24]
OWN = ProgramSettings(variant=Variant.PLANNED)


def objective(**settings):
    play = stand_in(OWN.model_copy(update=settings))
    return fmean(card.objective for card in score_many([play(case, 0) for case in CASES]))


@pytest.fixture(scope="module")
def found():
    return screened(OWN, knobs(OWN), CASES, 0, 4)


def test_what_comes_first_plays_best_and_better_than_the_program_itself(found):
    means = [objective(**point) for point in found]
    assert len(found) == 4
    assert means == sorted(means, reverse=True)
    assert means[-1] > objective()


def test_no_single_further_change_plays_better(found):
    best = objective(**found[0])
    for name in ("rungs", "final_offer", "floor_discount_share", "descent_rounds"):
        for value in knobs(OWN)[name]:
            assert objective(**{**found[0], name: value}) <= best


def test_guesses_name_changes_only_and_no_two_play_alike(found):
    for point in found:
        assert point
        assert all(value != getattr(OWN, name) for name, value in point.items())
    plays = {tuple(stand_in(OWN.model_copy(update=point))(case, 0) for case in CASES) for point in found}
    assert len(plays) == len(found)
    assert screened(OWN, {"steps_down": ("chosen", "earned")}, CASES, 0, 4) == []


def test_there_is_nothing_to_guess_for_a_program_without_a_ladder_or_where_none_is_wanted():
    free = ProgramSettings(variant=Variant.VANILLA)
    assert screened(free, knobs(free), CASES, 0, 4) == []
    assert screened(OWN, knobs(OWN), CASES, 0, 0) == []
