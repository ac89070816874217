from __future__ import annotations

import dspy
import pytest

from data.book import SHIPPED_BOOK, read_book
from data.synthesis.circumstances import with_circumstance
from optimizers.demonstrations.choosing import estimated_tokens
from optimizers.demonstrations.turns import NEGOTIATOR, PLANNER
from optimizers.registry import compile_with
from optimizers.runs.halt import Halted
from optimizers.strategies import bootstrap, random_search
from optimizers.strategies.random_search import best_of
from programs.creditor.fingerprints import predictors
from programs.creditor.settings import ProgramSettings, Variant
from programs.kinds.negotiation_kind import HEARER, SHORT_ONES, SPEAKER, facts_told
from programs.maden import Maden
from programs.playing.evaluate import Evaluation, Played
from programs.table import words
from signatures.options import FactsHeard
from tests.optimizers.tasks import compile_task
from tests.programs.cases import random_cases
from tests.programs.creditor.choosing.test_choosing import KIND
from tests.programs.creditor.choosing.test_fact_hearing import listening
from tests.programs.players import playing, sensible, situation, turn

CASES = random_cases(7)
TRAIN, VAL = CASES[:4], CASES[4:]


@pytest.fixture
def lm():
    """A model whose answers are cached, as they are in a run."""
    return playing(sensible, cache=True)


@pytest.fixture
def task(tmp_path, lm):
    return lambda **settings: compile_task(tmp_path / "runs", lm, TRAIN, VAL, **{"max_demos": 4, **settings})


def demos(program: Maden) -> dict[str, list[dict]]:
    return {name: [dict(demo) for demo in p.demos] for name, p in predictors(program).items()}


def state(program: Maden) -> str:
    return program.sha256


class TestBootstrap:
    def test_planner_and_negotiator_are_shown_turns_of_training_debtors_only(self, task):
        shown = demos(compile_with("bootstrap", task()))
        accounts = {words.account(one.creditor_view()) for one in TRAIN}
        assert len(shown[NEGOTIATOR]) >= 3
        assert shown[PLANNER]
        assert shown["judge.predict"] == []
        assert all(demo["account"] in accounts for demo in shown[NEGOTIATOR] + shown[PLANNER])
        assert all(demo["augmented"] is True for demo in shown[NEGOTIATOR])

    def test_each_training_debtor_is_played_once_and_kept_in_the_ledger(self, task, lm):
        work = task()
        compile_with("bootstrap", work)
        assert sorted(line.case_id for line in work.player.ledger) == sorted(one.case_id for one in TRAIN)
        assert bootstrap.negotiations(work.settings, len(TRAIN), len(VAL)) == len(TRAIN)
        paid = len(lm.engine.prompts)
        compile_with("bootstrap", work)
        assert len(lm.engine.prompts) == paid, "a second session pays for nothing"

    def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(self, task):
        assert state(compile_with("bootstrap", task())) == state(compile_with("bootstrap", task(threads=4)))

    def test_no_demonstration_below_a_threshold_that_was_given(self, task):
        compiled = compile_with("bootstrap", task(threshold=0.999, metric_threshold=0.999))
        assert not bootstrap.has_demos(compiled)

    @pytest.mark.parametrize("demos_", ["turn_aware", "random_turn"])
    def test_where_none_reaches_our_own_threshold_the_best_negotiation_serves_alone(self, task, demos_):
        work = task(threshold=0.999, demos=demos_)
        compiled = compile_with("bootstrap", work)
        best = max(work.player.ledger, key=lambda line: line.score)
        account = words.account(next(c for c in TRAIN if c.case_id == best.case_id).creditor_view())
        assert {demo["account"] for demo in demos(compiled)[NEGOTIATOR]} == {account}

    def test_the_budget_of_tokens_holds(self, task):
        compiled = compile_with("bootstrap", task(demo_token_budget=1000))
        for predictor in predictors(compiled).values():
            assert sum(estimated_tokens(predictor.signature, dspy.Example(demo)) for demo in predictor.demos) <= 1000
        assert bootstrap.has_demos(compiled)

    def test_random_turn_is_dspys_and_shows_one_turn_of_each_negotiation(self, task, lm):
        shown = demos(compile_with("bootstrap", task(demos="random_turn", max_demos=2)))
        accounts = [demo["account"] for demo in shown[NEGOTIATOR]]
        assert len(accounts) == len(set(accounts)) == 2
        turn_aware = demos(compile_with("bootstrap", task(max_demos=2)))
        assert shown[NEGOTIATOR] != turn_aware[NEGOTIATOR]

    def test_a_variant_without_a_planner_gets_its_negotiators_turns(self, task):
        program = Maden(ProgramSettings(variant=Variant.VANILLA))
        shown = demos(compile_with("bootstrap", task(program=program, threshold=0.01)))
        assert set(shown) == {NEGOTIATOR}

    def test_what_infrastructure_broke_teaches_nothing(self, tmp_path):
        failing = playing(sensible, failures=[dspy.lm15.RateLimitError("slow down")] * 200)
        work = compile_task(tmp_path, failing, TRAIN)
        assert not bootstrap.has_demos(compile_with("bootstrap", work))
        assert work.player.unscored == len(TRAIN)
        assert len(work.player.watcher.losses) == len(TRAIN)

    def test_a_halted_player_ends_it(self, task):
        work = task()
        work.player.halt(Halted("max_calls", "enough"))
        with pytest.raises(Halted, match="enough"):
            compile_with("bootstrap", work)

    def test_the_given_program_is_left_as_it_was(self, task):
        work = task()
        before = state(work.program)
        compile_with("bootstrap", work)
        assert state(work.program) == before


class TestRandomSearch:
    def test_all_candidates_come_from_one_play_and_the_best_is_kept(self, task):
        work = task(candidates=3)
        compiled = compile_with("random-search", work)
        heard = work.player.watcher.candidates
        assert heard[0][1] == "uncompiled"
        assert len(heard) == 4 == len({sha256 for sha256, *_ in heard})
        assert all(debtors == len(VAL) for *_, debtors in heard)
        best = max(heard, key=lambda one: one[2])
        assert state(compiled) == best[0]
        trained = [line for line in work.player.ledger if line.case_id in {one.case_id for one in TRAIN}]
        assert len(trained) == len(TRAIN)
        uncompiled_pass = len(VAL)
        bound = random_search.negotiations(work.settings, len(TRAIN), len(VAL)) + uncompiled_pass
        assert len(list(work.player.ledger)) == bound

    def test_a_demonstration_that_helps_is_found(self, tmp_path):
        """The model steps down whatever the debtor does, unless it is shown how to."""

        def pupil(prompt: str):
            shown, now = prompt.rsplit("[[ ## situation ## ]]", 1)[0], situation(prompt)
            if '"choice": "step_down"' in shown or "our opening" in now or "at least as good" in now:
                return sensible(prompt)
            return turn("hold", "No.") if "Round 2" in now else turn("step_down", "Well.")

        lm = playing(pupil, cache=True)
        work = compile_task(tmp_path, lm, TRAIN, VAL, max_demos=4, candidates=4, threshold=0.01)
        compiled = compile_with("random-search", work)
        heard = {sha256: mean for sha256, _, mean, _ in work.player.watcher.candidates}
        assert len(set(heard.values())) > 1
        assert heard[state(compiled)] == max(heard.values())

    def test_the_same_seed_gives_the_same_candidates_and_another_seed_others(self, tmp_path, lm):
        heard = []
        for seed in (0, 0, 1):
            work = compile_task(tmp_path / "runs", lm, TRAIN[:3], VAL[:1], candidates=2, seed=seed)
            compile_with("random-search", work)
            heard.append(work.player.watcher.candidates)
        assert heard[0] == heard[1] != heard[2]

    def test_without_anything_to_show_the_program_stays_as_it_is(self, task):
        work = task(threshold=0.999, metric_threshold=0.999)
        compiled = compile_with("random-search", work)
        assert state(compiled) == state(work.program)


def evaluation(**objectives: float | None) -> Evaluation:
    class Card:
        def __init__(self, objective: float) -> None:
            self.objective = objective

    return Evaluation(
        tuple(Played(case_id, 0, None, None if value is None else Card(value)) for case_id, value in objectives.items())
    )


class TestBestOf:
    def test_only_debtors_that_all_have_scored_decide(self):
        lucky = evaluation(a=0.5, b=None)
        steady = evaluation(a=0.6, b=0.1)
        assert best_of([lucky, steady]) == 1

    def test_the_first_of_equals_and_of_nothing_shared(self):
        assert best_of([evaluation(a=0.5), evaluation(a=0.5)]) == 0
        assert best_of([evaluation(a=None), evaluation(a=0.5)]) == 0


class TestProgramsThatChoose:
    """Their words and what they hear are shown too: those prompts hold no account, and what was said has a label."""

    @pytest.fixture
    def found(self, tmp_path):
        train = [with_circumstance(one) for one in read_book(SHIPPED_BOOK).split("train")[:10]]
        dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
        task = compile_task(
            tmp_path / "runs",
            listening(lambda sentence: {}, cache=True),
            train,
            program=Maden(ProgramSettings.named("maden")),
            max_demos=3,
        )
        return train, compile_with("bootstrap", task)

    def test_what_is_heard_is_shown_with_its_label_and_words_as_they_were_said(self, found):
        train, program = found
        shown = demos(program)
        labels = {facts_told(one.circumstance, "CNY").model_dump_json() for one in train}
        heard = [FactsHeard.model_validate(demo["heard"]).model_dump_json() for demo in shown[HEARER]]
        assert len(heard) >= 4
        assert len(set(heard)) >= 3
        assert set(heard) <= labels
        assert all(demo["words"]["reply"] == KIND for demo in shown[SPEAKER])
        assert len(shown[SPEAKER]) <= 3 < len(heard) <= 3 * SHORT_ONES
