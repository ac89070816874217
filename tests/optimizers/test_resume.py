"""A compile is killed again and again, and goes on as if it never had been."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.optimizers.served import Compiler, nap, served
from tests.programs.command_line import small_book

THREADS = 2


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return small_book(tmp_path_factory.mktemp("book"), 80)


def flags(book, strategy):
    return ("--book", book, "--optimizer", strategy, "--train", 3, "--val", 3)


def killed_again_and_again(compiler, model, kills, requests, seed):
    """Kill `kills` sessions, most of them as they work and every fourth a random time after its start; what each lost.

    What a session lost: requests that the model has answered and the run's file does not hold.
    """
    rng, lost = random.Random(seed), []
    while len(lost) < kills:
        child = compiler.go_on()
        if len(lost) % 4 == 3:
            nap(rng.uniform(0, 0.5))
        else:
            step = max(1, 2 * requests // kills - 1)
            model.wait_for(len(model.asked) + rng.randint(1, step), lambda child=child: child.gone)
            nap(rng.uniform(0, 0.03))
        if child.kill() != -9:
            break
        lost.append(len(set(model.asked)) - compiler.stored())
    return lost


@pytest.mark.parametrize(("strategy", "kills"), [("bootstrap", 20)])
def test_kill_minus_nine_at_any_moment_costs_no_answer_and_changes_no_byte(tmp_path, book, strategy, kills):
    with served() as model, Compiler(tmp_path / "whole", model, *flags(book, strategy)) as whole:
        assert whole.begin().ended() == 0, whole.log.read_text()
        requests = len(model.asked)
        assert requests == len(set(model.asked)) == whole.stored()
    with (
        served() as model,
        Compiler(tmp_path / "killed", model, *flags(book, strategy), threads=THREADS) as killed,
    ):
        lost = killed_again_and_again(killed, model, kills, requests, seed=1)
        assert len(lost) == kills
        assert killed.resume().ended() == 0, killed.log.read_text()
        assert killed.artifact() == whole.artifact()
        assert killed.versions() == ["v0001.json"]
        assert max(lost) <= THREADS
        repeated = sum(Counter(model.asked).values()) - len(set(model.asked))
        assert len(set(model.asked)) == requests == killed.stored()
        assert repeated <= sum(lost)
