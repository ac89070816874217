"""The choice of how many threads write, with an injected reading of the load."""

from __future__ import annotations

import pytest

from programs.models.embedded.processor import ProcessorLoad
from programs.models.embedded.speeds import LATELY_S, Speeds
from programs.models.embedded.threads import threads_that_pay


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def speeds(tmp_path, clock) -> Speeds:
    return Speeds("m.gguf", 2, tmp_path / "speeds.json", lambda: clock[0])


@pytest.mark.parametrize(
    ("cores", "others", "threads"),
    [
        (2, 0.0, 2), (2, 0.2, 2), (2, 1.0, 1), (2, 2.0, 1), (2, 9.0, 1),
        (8, 0.0, 8), (8, 1.0, 7), (8, 4.0, 4), (8, 3.1, 5),
        (1, 0.0, 1),
    ],
)  # fmt: skip
def test_as_many_threads_as_there_are_free_cores(speeds, cores, others, threads):
    assert threads_that_pay(ProcessorLoad(cores, others), speeds, cores) == threads


@pytest.mark.parametrize(("quota", "threads"), [(0.5, 1), (1.0, 1), (1.5, 2), (2.0, 2)])
def test_a_containers_quota_decides_like_a_missing_core(speeds, quota, threads):
    speeds.wrote(2, 100, 100 / 27)
    speeds.wrote(1, 100, 100 / 17)
    assert threads_that_pay(ProcessorLoad(quota, 0, machine_cores=8), speeds, 2) == threads


def test_two_engines_beside_each_other_take_a_core_each(speeds):
    beside_two_threads_of_another = ProcessorLoad(2, others=2.0)
    assert threads_that_pay(beside_two_threads_of_another, speeds, 2) == 1
    beside_one_thread_of_another = ProcessorLoad(2, others=1.0)
    assert threads_that_pay(beside_one_thread_of_another, speeds, 2) == 1


def test_a_slowness_that_no_reading_shows_is_met_and_tried_again_later(speeds, clock):
    idle = ProcessorLoad(2)
    speeds.wrote(1, 100, 100 / 17)
    speeds.wrote(2, 100, 100 / 27)
    assert threads_that_pay(idle, speeds, 2) == 2
    clock[0] += 1
    speeds.wrote(2, 100, 100 / 9)
    assert threads_that_pay(idle, speeds, 2) == 1, "two threads were just seen to be slow"
    clock[0] += LATELY_S + 1
    assert threads_that_pay(idle, speeds, 2) == 2, "that was long ago"


def test_a_free_machine_gets_all_threads_again(speeds, clock):
    speeds.wrote(2, 100, 100 / 27)
    clock[0] += 60
    for _ in range(5):
        assert threads_that_pay(ProcessorLoad(2, 1.0), speeds, 2) == 1
        speeds.wrote(1, 100, 100 / 17)
        clock[0] += 5
    assert threads_that_pay(ProcessorLoad(2, 0.05), speeds, 2) == 2


def test_speeds_are_kept_for_the_next_process(tmp_path):
    path = tmp_path / "deep" / "speeds.json"
    first = Speeds("m.gguf", 2, path)
    first.wrote(2, 100, 4.0)
    first.read(300, 5.0)
    first.keep()
    again, elsewhere = Speeds("m.gguf", 2, path), Speeds("m.gguf", 8, path)
    assert (again.usual_writing(2), again.usual_reading) == (25.0, 60.0)
    assert again.lately_writing(2) is None
    assert elsewhere.usual_writing(8) is None


def test_the_usual_speed_is_the_best_one_and_fades_slowly(speeds):
    speeds.wrote(2, 100, 4.0)
    for _ in range(5):
        speeds.wrote(2, 100, 40.0)
    assert 23 < speeds.usual_writing(2) < 25
    assert speeds.lately_writing(2) == 2.5


@pytest.mark.parametrize("content", ["", "[]", '{"m.gguf, 2 cores": 3}', '{"m.gguf, 2 cores": {"read": "fast"}}'])
def test_a_damaged_file_of_speeds_is_no_file(tmp_path, content):
    (tmp_path / "speeds.json").write_text(content)
    assert Speeds("m.gguf", 2, tmp_path / "speeds.json").usual_reading is None


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path):
    (tmp_path / "file").write_text("")
    speeds = Speeds("m.gguf", 2, tmp_path / "file" / "speeds.json")
    speeds.wrote(2, 100, 4.0)
    speeds.keep()
    assert speeds.usual_writing(2) == 25


def test_a_few_tokens_measure_nothing(speeds):
    speeds.wrote(2, 3, 0.001)
    assert speeds.usual_writing(2) is None
