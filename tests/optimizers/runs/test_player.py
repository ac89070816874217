from __future__ import annotations

import threading
import time

import dspy
import pytest

from data.domain import Ending
from optimizers.registry import compile_with
from optimizers.runs.halt import Halted
from optimizers.runs.player import RETRIES, Player
from programs.creditor.settings import ProgramSettings
from programs.debtor.simulated import SimulatedDebtor
from programs.maden import Maden
from programs.playing.evaluate import evaluate
from tests.optimizers.tasks import Heard, compile_task
from tests.programs.cases import random_cases
from tests.programs.players import playing, turn

CASES = random_cases(8)
LIMIT = dspy.lm15.RateLimitError("slow down")


def another(words: str) -> Maden:
    """A program whose negotiator reads other instructions."""
    program = Maden(ProgramSettings())
    predictor = program.negotiator.predict
    predictor.signature = predictor.signature.with_instructions(words)
    return program


@pytest.fixture
def player(tmp_path):
    def make(lm, **settings):
        return compile_task(tmp_path, lm, CASES[:4], CASES[4:], **settings).player

    return make


def again(player: Player, lm: dspy.LM) -> Player:
    """The same run in a later session."""
    return Player(player.folder, lm, SimulatedDebtor, "simulated", Heard())


def test_what_was_played_is_not_played_again_in_this_or_a_later_session(player):
    first = player(lm := playing())
    with dspy.context(lm=lm):
        one = first.play(Maden(), CASES[0], 0)
        asked = len(lm.engine.prompts)
        assert first.play(Maden(), CASES[0], 0) == one
        assert again(first, lm).play(Maden(), CASES[0], 0) == one
        assert len(lm.engine.prompts) == asked
        first.play(Maden(), CASES[0], 1)
        assert len(lm.engine.prompts) > asked


def test_another_program_model_or_debtor_is_another_negotiation(player):
    first = player(lm := playing())
    with dspy.context(lm=lm):
        first.play(Maden(), CASES[0], 0)
        first.play(another("Be firm."), CASES[0], 0)
        Player(first.folder, playing(model="scripted/other"), SimulatedDebtor, "simulated", Heard()).play(
            Maden(), CASES[0], 0
        )
        Player(first.folder, lm, SimulatedDebtor, "lm x", Heard()).play(Maden(), CASES[0], 0)
    assert len(list(first.ledger)) == 4


def test_fresh_plays_again_and_keeps_the_line(player):
    first = player(lm := playing())
    with dspy.context(lm=lm):
        first.play(Maden(), CASES[0], 0)
        asked = len(lm.engine.prompts)
        first.play(Maden(), CASES[0], 0, fresh=True)
    assert len(lm.engine.prompts) == 2 * asked
    assert len(list(first.ledger)) == 1


def test_what_infrastructure_broke_is_tried_again_then_left_out_and_never_kept(player):
    broken = player(lm := playing(failures=[LIMIT] * (RETRIES + 1)))
    with dspy.context(lm=lm):
        assert broken.play(Maden(), CASES[0], 0).ending is Ending.INFRASTRUCTURE
        assert (broken.scored, broken.unscored, broken.watcher.losses) == (0, 1, [CASES[0].case_id])
        assert list(broken.ledger) == []
        assert broken.play(Maden(), CASES[0], 0).ending is not Ending.INFRASTRUCTURE
    assert len(list(broken.ledger)) == 1


def test_an_evaluation_is_the_same_with_one_and_with_many_threads(player):
    lm = playing(latency_s=0.001)
    with dspy.context(lm=lm):
        alone, crowd = player(lm).evaluate(Maden(), CASES, 3), player(lm, threads=8).evaluate(Maden(), CASES, 3)
    assert alone == crowd


def test_threads_that_play_the_same_count_it_each_and_write_it_once(player):
    shared = player(lm := playing(latency_s=0.001))
    settings = dspy.settings.copy()

    def one():
        with dspy.context(**{**settings, "lm": lm}):
            shared.play(Maden(), CASES[0], 0)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.scored == 8
    assert len(shared.folder.ledger_path.read_text().splitlines()) == 1


def firm(prompt):
    return turn("hold" if "Never give way" in prompt else "step_down")


def test_the_best_is_the_candidate_with_the_highest_mean_of_those_that_met_all_debtors(player):
    first, val = player(lm := playing(firm)), CASES[4:]
    with dspy.context(lm=lm):
        assert first.best(val, 0) is None
        first.evaluate(another("Never give way."), val, 0, "firm")
        first.evaluate(Maden(), val, 0, "plain")
        first.evaluate(another("Something else."), val[:2], 0)
        first.evaluate(another("Yet another."), val, 1)
    means = {words: (mean, sha256) for sha256, words, mean, _ in first.watcher.candidates}
    assert means["plain"][0] != means["firm"][0]
    best = first.best(val, 0)
    assert best == max(means.values())[1]
    assert first.restored(best).dump_state() in (Maden().dump_state(), another("Never give way.").dump_state())
    assert again(first, lm).best(val, 0) == best


def test_of_equal_candidates_the_first_one_is_the_best(player):
    first = player(lm := playing())
    with dspy.context(lm=lm):
        for words in ("One.", "Two."):
            first.evaluate(another(words), CASES[4:], 0, words)
    assert first.best(CASES[4:], 0) == first.watcher.candidates[0][0]


def test_recorded_finds_what_was_played_and_plays_nothing(player):
    first = player(lm := playing())
    with dspy.context(lm=lm):
        whole = first.evaluate(Maden(), CASES[:3], 0)
        asked = len(lm.engine.prompts)
        assert first.recorded(Maden(), CASES, 0) == whole
    assert len(lm.engine.prompts) == asked


# --- halting --------------------------------------------------------------------------------------------------


def test_a_halted_player_plays_nothing_new_and_still_tells_what_it_knows(player):
    first = player(lm := playing())
    with dspy.context(lm=lm):
        known = first.play(Maden(), CASES[0], 0)
        first.halt(Halted("interrupted", "stopped"))
        first.halt(Halted("max_usd", "later"))
        assert first.play(Maden(), CASES[0], 0) == known
        with pytest.raises(Halted, match="stopped"):
            first.play(Maden(), CASES[1], 0)
    assert first.halted.reason == "interrupted"


def test_a_budget_that_stopped_halts_the_player_too(player):
    stopped: list[Halted] = []
    lm = playing()
    first = player(lm)
    bounded = Player(first.folder, lm, SimulatedDebtor, "simulated", Heard(), None, lambda: next(iter(stopped), None))
    with dspy.context(lm=lm):
        bounded.play(Maden(), CASES[0], 0)
        stopped.append(Halted("max_calls", "used up"))
        with pytest.raises(Halted, match="used up"):
            bounded.play(Maden(), CASES[1], 0)


def test_many_threads_end_soon_after_one_of_them_was_halted():
    """What one negotiation raises must not wait for the ones that have not begun."""
    played = []

    def program(case, seed):
        played.append(case.case_id)
        if case is CASES[0]:
            raise Halted("max_usd", "used up")
        time.sleep(0.05)
        raise Halted("max_usd", "used up")

    with pytest.raises(Halted):
        evaluate(program, CASES * 20, threads=2)
    assert len(played) < 10


@pytest.mark.parametrize("name", ["random-search", "mipro", "gepa", "simba"])
def test_an_optimiser_that_swallows_the_halt_hands_back_nothing(tmp_path, name):
    """DSPy's optimisers count an exception as a score of 0 and go on; their result must not be taken."""
    lm = playing()
    task = compile_task(tmp_path, lm, CASES[:4], CASES[4:], candidates=2, trials=2)
    play, budget = task.player.play, iter(range(5))

    def bounded(*given, **more):
        if next(budget, None) is None:
            raise task.player.halt(Halted("max_usd", "used up"))
        return play(*given, **more)

    task.player.play = bounded
    with pytest.raises(Halted, match="used up"):
        compile_with(name, task)
