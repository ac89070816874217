from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import lru_cache
from pathlib import Path
from statistics import fmean

import dspy
import pytest
from optuna.trial import TrialState

from optimizers.proposals.instructions import written
from optimizers.registry import compile_with
from optimizers.runs.halt import Halted
from optimizers.strategies import search
from optimizers.strategies.search import Search, negotiations
from optimizers.strategies.search.racing import Race, set_sizes, starting_order, worse
from optimizers.strategies.search.space import OWN, SearchSpace, knobs
from optimizers.strategies.search.study import SharedStudy
from plumbing.locks import lock_at, try_acquire
from programs.creditor.settings import ProgramSettings, Variant
from programs.playing.evaluate import evaluate
from programs.table import words
from tests.optimizers.searcher import (
    MARK,
    PLANTED,
    TRAIN,
    VAL,
    firm,
    program,
    run_folder,
    search_task,
    sha256,
)
from tests.programs.players import playing, turn

ROOT = Path(__file__).resolve().parents[4]


def searched(root, lm=None, **settings):
    task = search_task(run_folder(root), lm or playing(firm), **settings)
    return task, compile_with("search", task)


def on_validation(task, made):
    with dspy.context(lm=task.lm):
        values = evaluate(made, VAL, seed=task.seed).values("objective")
    return fmean(value for found in values.values() for value in found)


def trials_of(task):
    """Every trial of the run's study, failed ones included."""
    with (found := Search(task)).study:
        return found.study._study.get_trials()


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A whole search by its seed, done once."""
    return lru_cache(lambda seed: searched(tmp_path_factory.mktemp(f"seed-{seed}"), seed=seed))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_finds_what_was_planted_or_as_good(done, seed):
    task, made = done(seed)
    base = program()
    planted = next(one for one in written(base) if one.name == PLANTED)
    assert MARK in planted.text
    base.negotiator.predict.signature = base.negotiator.predict.signature.with_instructions(planted.text)
    assert on_validation(task, made) >= on_validation(task, base) - 1e-9
    assert on_validation(task, made) > on_validation(task, program())


def test_early_exits_save_negotiations_and_the_bound_holds(done):
    task, _ = done(0)
    lines = list(task.player.ledger)
    assert len({line.key for line in lines}) == len(lines)
    bound = negotiations(task.settings, len(TRAIN), len(VAL)) + len(VAL)
    out = [words for _, words, _, _ in task.player.watcher.candidates if "dropped out" in words]
    assert out
    assert len(lines) <= bound - len(TRAIN) // 2 * len(out)
    by_candidate = Counter(line.candidate for line in lines if line.case_id in {case.case_id for case in TRAIN})
    assert by_candidate[sha256(program())] == len(TRAIN)


def test_only_finalists_and_the_uncompiled_program_meet_validation_debtors(done):
    task, made = done(0)
    met = {line.candidate for line in task.player.ledger if line.case_id in {case.case_id for case in VAL}}
    assert {sha256(made), sha256(program())} <= met
    assert len(met) <= 1 + task.settings.finalists


def test_where_nothing_is_better_the_program_stays_as_it_is(tmp_path):
    _, made = searched(tmp_path, playing(lambda _: "no JSON at all"), trials=4)
    assert sha256(made) == sha256(program())


def test_the_same_seed_tries_the_same_points_and_another_seed_other_ones(tmp_path, done):
    runs = [done(0), searched(tmp_path), done(1)]
    first, again, other = ([trial.params for trial in trials_of(task)] for task, _ in runs)
    assert first == again != other
    assert sha256(runs[0][1]) == sha256(runs[1][1])


def test_a_program_is_tried_once_even_where_other_points_make_it_too(done):
    task, _ = done(2)
    keys = [trial.user_attrs["candidate"] for trial in trials_of(task)]
    assert len(set(keys)) == len(keys) == task.settings.trials + 1


def test_a_candidate_is_not_examined_on_debtors_that_it_shows(done):
    task, _ = done(1)
    space = Search(task).space
    assert all(1 <= len(one.case_ids) <= len(TRAIN) // 2 for one in space.demo_sets)
    shown = {t.user_attrs["candidate"]: space.shown(t.params) for t in trials_of(task) if space.shown(t.params)}
    assert shown
    for line in task.player.ledger:
        assert line.case_id not in shown.get(line.candidate, ())


class Cut(BaseException):
    """The session ends in the middle of a call."""


def test_cut_off_anywhere_it_goes_on_to_the_same_program_and_plays_nothing_twice(tmp_path, done):
    whole, made = done(0)
    rng, sessions = random.Random(5), 0
    while True:
        left = [rng.randrange(20, 120)]

        def cut(prompt, left=left):
            left[0] -= 1
            if left[0] < 0:
                raise Cut
            return firm(prompt)

        sessions += 1
        task = search_task(run_folder(tmp_path), playing(cut))
        with contextlib.suppress(Cut):
            again = compile_with("search", task)
            break
    assert sessions > 3
    assert sha256(again) == sha256(made)
    assert {line.key for line in task.player.ledger} == {line.key for line in whole.player.ledger}
    ended = [trial.params for trial in trials_of(task) if trial.state is TrialState.COMPLETE]
    assert ended == [trial.params for trial in trials_of(whole)]
    failed = [trial for trial in trials_of(task) if trial.state is TrialState.FAIL]
    assert failed, "one was cut off in the middle"
    assert task.player.scored >= len(list(task.player.ledger)), "a resumed run counts what earlier sessions played"


def process(root, *arguments):
    command = [sys.executable, "-m", "tests.optimizers.searcher", str(root), *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_killed_it_resumes_and_two_processes_share_the_trials(tmp_path):
    folder = run_folder(tmp_path)
    victim = process(tmp_path, 0.01, 12)
    wait_for(lambda: folder.study_path.exists() and b'"worker"' in folder.study_path.read_bytes(), victim)
    os.kill(victim.pid, signal.SIGKILL)
    victim.communicate()
    before = len(folder.ledger_path.read_bytes().splitlines())
    leader, helper = process(tmp_path, 0.01, 12), process(tmp_path, 0.01, 12, "work")
    said, helped = leader.communicate(timeout=120)[0].split(), int(helper.communicate(timeout=120)[0])
    task = search_task(folder, playing(firm), trials=12)
    trials = [trial for trial in trials_of(task) if trial.state is not TrialState.FAIL]
    assert len(trials) == 13
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert len({trial.user_attrs["candidate"] for trial in trials}) == 13
    assert len({trial.user_attrs["worker"] for trial in trials}) >= 2
    assert helped > 0
    lines = list(task.player.ledger)
    assert before + int(said[0]) + helped == len(lines) == len({line.key for line in lines}), "nothing was played twice"
    assert said[1] in {line.candidate for line in lines}


def wait_for(happened, child):
    while not happened():
        assert child.poll() is None
        time.sleep(0.01)


def tiny(path, wanted=6, space=None):
    space = space or SearchSpace(settings={"rungs": (8, 5, 12), "steps_down": ("chosen", "earned")})
    return SharedStudy(path / "study.log", space, lambda point: str(sorted(point.items())), 0, wanted)


def test_the_trial_of_a_living_process_is_left_alone_and_that_of_a_dead_one_tried_anew(tmp_path):
    with tiny(tmp_path) as first, tiny(tmp_path) as second:
        first.finish(first.claim(), Race({0: 0.0}, True, 0.5, 0))
        mine = first.claim()
        theirs = second.claim()
        assert theirs.params != mine.params
        assert second.running
        first._alive.release()
        again = second.claim()
        assert again.params == mine.params
        assert [t.state for t in second.trials()] == [TrialState.COMPLETE, TrialState.RUNNING, TrialState.RUNNING]


def test_what_was_screened_comes_right_after_the_uncompiled_program_and_once(tmp_path):
    space = SearchSpace(
        settings={"rungs": (8, 5, 12), "steps_down": ("chosen", "earned")},
        screened=({"rungs": 12}, {"rungs": 5, "steps_down": "earned"}),
    )
    with tiny(tmp_path, wanted=6, space=space) as study:
        tried = []
        while (trial := study.claim()) is not None:
            tried.append(trial.params)
            study.finish(trial, Race({0: 0.0}, True, 0.5, 0))
    assert tried[:3] == [
        {"rungs": 8, "steps_down": "chosen"},
        {"rungs": 12, "steps_down": "chosen"},
        {"rungs": 5, "steps_down": "earned"},
    ]
    assert len({tuple(point.items()) for point in tried}) == 6


def test_a_search_begins_with_the_settings_that_its_stand_in_plays_best_with(tmp_path):
    task = search_task(run_folder(tmp_path), playing(firm), screened=2)
    with dspy.context(lm=task.lm):
        space = Search(task).space
    assert space.screened
    assert set().union(*space.screened) <= set(space.settings)


def test_nobody_starts_before_the_uncompiled_program_has_met_everybody(tmp_path):
    with tiny(tmp_path) as first, tiny(tmp_path) as second:
        trial = first.claim()
        assert trial.params == {"rungs": 8, "steps_down": "chosen"}
        assert second.claim() is None
        assert second.running


def test_a_space_that_is_exhausted_ends_the_search(tmp_path):
    with tiny(tmp_path, wanted=50) as study:
        count = 0
        while (trial := study.claim()) is not None:
            study.finish(trial, Race({0: 0.1 * count, 1: 0.0}, True, 0.5, 0))
            count += 1
        assert count == 6
        assert not study.running


def test_a_torn_last_line_of_the_journal_is_dropped(tmp_path):
    with tiny(tmp_path) as study:
        study.finish(study.claim(), Race({0: 0.0}, True, 0.5, 0))
    whole = study.path.read_bytes()
    study.path.write_bytes(whole + b'{"op_code": 4, "study_')
    with tiny(tmp_path) as study:
        assert study.path.read_bytes().startswith(whole)
        assert len(study.complete()) == 1
        assert study.claim() is not None


def test_a_trial_without_one_score_is_no_finalist(tmp_path):
    with tiny(tmp_path) as study:
        study.finish(study.claim(), Race({0: 0.0}, True, 0.5, 0))
        study.finish(study.claim(), Race({}, True, None, 0))
        study.finish(study.claim(), Race({0: 0.2}, True, 0.7, 0))
        study.finish(study.claim(), Race({0: 0.2}, True, 0.7, 0))
        study.finish(study.claim(), Race({0: 0.3}, False, 0.8, 0))
        assert [trial.number for trial in study.ranked()] == [2, 3, 0]
        assert [trial.number for trial in study.finalists(3)] == [2], "what plays alike is examined once"


def test_a_finalist_that_the_best_has_left_behind_meets_no_validation_debtor(tmp_path):
    with tiny(tmp_path) as study:
        study.finish(study.claim(), Race(dict.fromkeys(range(4), 0.0), True, 0.5, 4))
        study.finish(study.claim(), Race({0: 0.1, 1: 0.12, 2: 0.09, 3: 0.1}, True, 0.6, 4))
        study.finish(study.claim(), Race({0: 0.4, 1: 0.42, 2: 0.38, 3: 0.4}, True, 0.9, 4))
        study.finish(study.claim(), Race({0: 0.8, 1: 0.0, 2: 0.7, 3: 0.02}, True, 0.9, 4))
        assert [trial.number for trial in study.ranked()] == [2, 3, 1, 0]
        assert [trial.number for trial in study.finalists(3)] == [2, 3], "trial 3 varies too much to say"


def test_where_infrastructure_loses_most_of_a_candidate_the_run_halts_and_the_candidate_is_tried_again(tmp_path, done):
    _, made = done(0)

    def failing(prompt):
        return dspy.lm15.RateLimitError("slow down") if MARK in prompt and "`turn`" in prompt else firm(prompt)

    with pytest.raises(Halted, match="most negotiations of a candidate") as halted:
        searched(tmp_path, playing(failing))
    assert halted.value.reason == "infrastructure"
    task, again = searched(tmp_path)
    assert sha256(again) == sha256(made)
    assert task.player.unscored == 0


def test_a_single_negotiation_that_infrastructure_lost_is_left_out_and_owed_again(tmp_path):
    account = words.account(TRAIN[0].creditor_view())

    def failing(prompt):
        lost = account in prompt and MARK in prompt and "`turn`" in prompt
        return dspy.lm15.RateLimitError("slow down") if lost else firm(prompt)

    task, made = searched(tmp_path, playing(failing))
    assert task.player.unscored > 0
    assert sha256(made) != sha256(program())
    task, again = searched(tmp_path)
    assert task.player.unscored == 0
    assert sha256(again) == sha256(made)


def test_a_lock_is_free_again_as_soon_as_its_holder_lets_go(tmp_path):
    lock, other = lock_at(tmp_path / "a.lock"), lock_at(tmp_path / "a.lock")
    with lock:
        assert not try_acquire(other)
    assert try_acquire(other)
    other.release()


def test_a_halted_run_ends_even_while_it_waits_for_another_process(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "POLL_S", 0.01)
    folder = run_folder(tmp_path)
    task = search_task(folder, playing(firm))
    with lock_at(folder.path / "search.lock"):
        task.player.halt(Halted("interrupted", "the compile was interrupted"))
        with pytest.raises(Halted, match="interrupted"):
            Search(task)


@pytest.mark.parametrize(("debtors", "sizes"), [(1, [1]), (2, [2]), (3, [2, 3]), (5, [2, 5]), (16, [2, 4, 8, 16])])
def test_the_sets_grow_to_all_debtors(debtors, sizes):
    assert set_sizes(debtors) == sizes


def test_the_first_debtors_are_easy_and_hard_and_the_order_is_the_seeds():
    scores = {f"d-{i}": i / 10 for i in range(10)}
    for seed in range(5):
        order = starting_order(scores, seed)
        assert sorted(order) == sorted(scores)
        assert abs(scores[order[0]] - scores[order[1]]) >= 0.4
        assert max(scores[o] for o in order[:4]) - min(scores[o] for o in order[:4]) >= 0.6
        assert order == starting_order(dict(reversed(scores.items())), seed)
    assert len({tuple(starting_order(scores, seed)) for seed in range(5)}) > 1
    alike = {tuple(starting_order(dict.fromkeys(scores, 0.5), seed)) for seed in range(5)}
    assert len(alike) > 1


@pytest.mark.parametrize(
    ("gains", "out"),
    [
        ([-0.2], False),
        ([-0.2, -0.3], True),
        ([-0.2, 0.19], False),
        ([-0.6, 0.0, 0.0, 0.0], True),
        ([-0.005, -0.005, -0.005, -0.005], False),
        ([-0.1, -0.1, -0.1, -0.1], True),
        ([0.1, 0.2], False),
        ([-0.3, -0.2, 0.25, 0.2], False),
    ],
)
def test_a_candidate_is_out_when_it_is_clearly_worse_on_the_same_debtors(gains, out):
    rival = dict.fromkeys(range(8), 0.3)
    assert worse({place: 0.3 + gain for place, gain in enumerate(gains)}, rival) is out


def test_the_space_begins_with_the_program_itself_and_leaves_out_what_its_variant_has_no_use_for():
    own = ProgramSettings(rungs=6, max_revisions=2)
    found = knobs(own)
    assert {name: values[0] for name, values in found.items()} == {name: getattr(own, name) for name in found}
    assert set(knobs(ProgramSettings(variant=Variant.VANILLA))) == set()
    assert "rungs" not in knobs(ProgramSettings(variant=Variant.JUDGED))
    for name, values in found.items():
        for value in values:
            ProgramSettings(**{name: value})
            assert values.count(value) == 1
    space = SearchSpace(instructions=tuple(written(program())), settings=found)
    assert space.point(0) == space.uncompiled
    assert space.uncompiled["negotiator.predict"] == OWN
    assert sha256(space.program(program(), {**space.uncompiled, **{n: getattr(program().settings, n) for n in found}}))
    points = {tuple(space.point(i).items()) for i in range(200)}
    assert len(points) == 200
    assert space.words(space.uncompiled) == "uncompiled"


def test_what_a_point_leaves_without_effect_makes_no_other_program():
    space = SearchSpace(settings=knobs(ProgramSettings()))
    base = space.uncompiled | {"max_revisions": 0}
    hashes = {
        sha256(space.program(program(), base | {"judge_reviews": reviews}))
        for reviews in space.settings["judge_reviews"]
    }
    assert len(hashes) == 1


def test_the_space_comes_back_from_its_file_as_it_was(tmp_path):
    task = search_task(run_folder(tmp_path), playing(lambda _: turn("step_down")))
    with dspy.context(lm=task.lm):
        first, again = Search(task).space, Search(task).space
    assert first == again
    assert first.demo_sets
    assert SearchSpace.model_validate_json(first.model_dump_json()) == first
