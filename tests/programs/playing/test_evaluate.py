from __future__ import annotations

import dspy
import pytest
from dspy.clients.cache import Cache

from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.playing.evaluate import evaluate
from tests.programs.cases import case
from tests.programs.players import Stubborn, playing


@pytest.mark.parametrize(("temperature", "samples"), [(0.0, 1), (0.7, 2), (None, 2)])
def test_a_second_trial_is_sampled_anew_and_not_the_caches_echo_of_the_first(temperature, samples, monkeypatch):
    """The debtor says the same in both, so only the model can differ; at temperature 0 it does not."""
    monkeypatch.setattr(dspy, "cache", Cache(enable_disk_cache=False, enable_memory_cache=True, disk_cache_dir=None))
    lm = playing(cache=True)
    lm.kwargs.pop("temperature", None)
    program = Maden(ProgramSettings(variant=Variant.PLANNED, temperature=temperature), Stubborn)
    with dspy.context(lm=lm):
        evaluate(program, [case()], trials=1)
        once = len(lm.engine.prompts)
        evaluate(program, [case()], trials=2)
    assert once > 3
    assert len(lm.engine.prompts) == samples * once
