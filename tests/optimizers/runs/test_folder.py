from __future__ import annotations

import json
import multiprocessing

import pytest

from optimizers.compile_config import PRESETS, CompileConfig, Preset, resolved
from optimizers.runs.folder import RunFolder
from plumbing.errors import UserError
from programs.creditor.settings import Variant

FACTS = {"book_sha256": "a" * 64, "playing_sha256": "b" * 64, "lm": {"model": "x/y"}}
HERE = {"code": {"revision": "c" * 40, "dirty": False}}


@pytest.fixture
def run(tmp_path):
    return RunFolder.begin(tmp_path, CompileConfig(seed=0), FACTS, "it", HERE)


def test_a_run_is_opened_as_it_was_begun_by_name_or_by_path(run, tmp_path):
    assert RunFolder.open(tmp_path, "it") == run
    assert RunFolder.open(tmp_path / "elsewhere", str(run.path)) == run
    assert (run.config.seed, run.facts, run.environment) == (0, FACTS, HERE)


def test_a_name_that_is_taken_is_refused_and_a_folder_that_a_crash_left_is_not_taken(run, tmp_path):
    with pytest.raises(UserError, match=r"there is a run it in .* already; --resume it goes on with it"):
        RunFolder.begin(tmp_path, CompileConfig(), FACTS, "it")
    (tmp_path / "crashed").mkdir()
    assert RunFolder.begin(tmp_path, CompileConfig(), FACTS, "crashed").run_id == "crashed"


@pytest.mark.parametrize("name", ["", "a b", "../up", ".hidden", "x" * 65])
def test_an_unusable_name_is_refused(tmp_path, name):
    with pytest.raises(UserError, match="cannot be the name of a run"):
        RunFolder.begin(tmp_path, CompileConfig(), FACTS, name)


def test_a_run_that_is_not_there_is_named_with_the_latest(run, tmp_path):
    with pytest.raises(UserError, match=r"there is no run that in .*; the latest are it"):
        RunFolder.open(tmp_path, "that")
    with pytest.raises(UserError, match="it holds none"):
        RunFolder.open(tmp_path / "empty", "that")


def test_a_run_file_that_is_not_readable_is_no_traceback(run, tmp_path):
    (run.path / "run.json").write_text("{")
    with pytest.raises(UserError, match="not readable; begin a new run"):
        RunFolder.open(tmp_path, "it")


def test_the_clock_of_reproducible_builds_sets_created_and_the_name(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1786000000")
    runs = [RunFolder.begin(tmp_path, CompileConfig(), FACTS) for _ in range(2)]
    assert [run.run_id for run in runs] == ["20260806-070640-maden", "20260806-070640-maden-2"]
    assert {run.created for run in runs} == {"2026-08-06T07:06:40+00:00"}


def test_the_same_configuration_goes_on(run):
    assert run.check_same(CompileConfig(seed=0), json.loads(json.dumps(FACTS))) is None


def test_another_configuration_book_or_code_is_refused_with_every_difference(run):
    changed = {**FACTS, "playing_sha256": "d" * 64, "lm": {"model": "x/z"}}
    with pytest.raises(UserError) as refused:
        run.check_same(CompileConfig(seed=1), changed)
    said = str(refused.value)
    assert "lm.model was x/y, is x/z; playing_sha256 was bbbbbbbbbbbb, is dddddddddddd; seed was 0, is 1" in said
    assert "(its code is revision cccccccccccc)" in said


def _begin(root, results):
    try:
        results.put(RunFolder.begin(root, CompileConfig(), FACTS, "same").run_id)
    except UserError as error:
        results.put(str(error))


def test_of_processes_that_begin_one_name_one_gets_it(tmp_path):
    forking = multiprocessing.get_context("fork")
    results = forking.SimpleQueue()
    workers = [forking.Process(target=_begin, args=(tmp_path, results)) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    said = [results.get() for _ in workers]
    assert said.count("same") == 1
    assert sum("there is a run same" in one for one in said) == 5


def test_a_run_is_led_by_one_at_a_time(run):
    with run.leading(), pytest.raises(UserError, match="is being worked on by another process"), run.leading():
        pass
    with run.leading():
        pass


# --- what the command line asks for ---------------------------------------------------------------------------


def test_knobs_change_the_presets_sizes_one_by_one():
    made = resolved(
        None, {"preset": Preset.STANDARD, "knobs": ["finalists=5", "propose=true", "gepa_negotiations=none"]}
    )
    standard = PRESETS[Preset.STANDARD].strategy
    assert made.strategy == standard.model_copy(update={"finalists": 5, "propose": True})
    again = resolved(made, {"knobs": ["trials=9"]})
    assert again.strategy == made.strategy.model_copy(update={"trials": 9})


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("finalist=3", "--set finalist=3 names no knob; write NAME=VALUE with one of max_demos"),
        ("trials", "--set trials names no knob"),
        ("trials=many", "--set trials=many is not possible: Input should be a valid integer"),
        ("trials=0", "--set trials=0 is not possible: Input should be greater than or equal to 1"),
    ],
)
def test_a_knob_that_is_none_or_has_no_such_value_is_refused_in_one_sentence(pair, sentence):
    with pytest.raises(UserError) as refused:
        resolved(None, {"knobs": [pair]})
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_a_new_run_takes_the_preset_the_flags_and_the_programs_name(tmp_path):
    config = resolved(None, {"program": Variant.VANILLA, "val": 7, "book": tmp_path / "b.csv", "threads": 3})
    quick = PRESETS[Preset.QUICK]
    assert (config.name, config.train, config.val, config.strategy) == ("vanilla", quick.train, 7, quick.strategy)
    assert config.book == str(tmp_path / "b.csv")


def test_an_earlier_run_keeps_everything_that_is_not_given():
    earlier = resolved(None, {"preset": Preset.STANDARD, "seed": 5, "name": "mine"})
    assert resolved(earlier, {"resume": "it", "max_usd": 3.0}) == earlier
    changed = resolved(earlier, {"preset": Preset.QUICK})
    assert (changed.train, changed.seed) == (PRESETS[Preset.QUICK].train, 5)
