"""Sampling through an executor that is elsewhere: what it is sent, and that the same comes of it."""

from __future__ import annotations

import contextlib
import pickle

import cloudpickle
import dspy
import pytest

from optimizers.preferences import travelling_sampler
from optimizers.preferences.sampling import SamplingPlan
from optimizers.preferences.travelling_sampler import TravellingSampler
from plumbing.errors import UserError
from programs.playing.contestants import NamedModel, contestant
from programs.playing.executor import Executor
from programs.playing.placing import Place
from tests.optimizers.preferences.command import candidates, sampled
from tests.optimizers.preferences.students import conceding
from tests.programs.cases import case

KINDS = (
    (),
    ("--teacher", "planned", "--teacher-turns", 2),
    ("--student", "planned"),
    ("--student", "maden", "--student-samples", 1),
)


class Elsewhere(Executor):
    """Does work as another process would, with nothing but the bytes that it was sent."""

    sent = 0

    def working(self, work):
        self.sent += 1
        return pickle.loads(cloudpickle.dumps(work))


@pytest.mark.parametrize("more", KINDS)
def test_the_same_is_sampled_by_what_travelled(line, book, tmp_path, monkeypatch, more):
    elsewhere = Elsewhere(2)
    for folder, executor in ((tmp_path / "here", Executor()), (tmp_path / "there", elsewhere)):
        dspy.cache.reset_memory_cache()
        line.use_model(conceding())
        monkeypatch.setattr(Place, "executor", lambda place, it=executor: contextlib.nullcontext(it))
        result = sampled(line, folder, book, *more, "--examples", folder / "examples.jsonl")
        assert result.code == 0, result.err
    assert elsewhere.sent == 1
    assert len(candidates(tmp_path / "here")) == 3
    for name in ("pairs.jsonl", "examples.jsonl"):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes() != b""


def test_a_model_travels_without_what_it_was_asked():
    model = NamedModel("scripted")
    model._made = conceding()
    sampler = TravellingSampler("vanilla", contestant("linear").served(), model, SamplingPlan(turns=1, debtor_seeds=1))
    before = cloudpickle.dumps(sampler)
    assert sampler.tables(case(), 0)
    assert model.get().history
    assert cloudpickle.dumps(sampler) == before


def test_other_code_is_refused(monkeypatch):
    sampler = TravellingSampler("vanilla", contestant("linear").served(), NamedModel("local"), SamplingPlan())
    sent = cloudpickle.dumps(sampler.tables)
    monkeypatch.setattr(travelling_sampler, "sampling_code", lambda: "another")
    with pytest.raises(UserError, match="another version of maden's sampling code"):
        pickle.loads(sent)(case(), 0)
