from __future__ import annotations

import dspy
import pytest

from programs.models.adapter import ADAPTER
from programs.models.make import make_lm
from signatures.plan import MakePlan
from tests.openai_server import openai_server


def test_an_answer_to_a_nested_contract_is_found_in_the_cache(monkeypatch):
    """LiteLLM unfolds the schema that it is given, and with it DSPy's key of the answer changed."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with openai_server() as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.url)
        with dspy.context(lm=make_lm("openai/gpt-4o-mini"), adapter=ADAPTER):
            first, second = (dspy.Predict(MakePlan)(**dict.fromkeys(MakePlan.input_fields, "x")) for _ in range(2))
    assert first.strategy == second.strategy
    assert len(server.requests) == 1


class Answer(dspy.Signature):
    """Answer it."""

    question: str = dspy.InputField()
    facts: list[int] = dspy.InputField()
    answer: str = dspy.OutputField()


@pytest.mark.parametrize(
    "question", ["", "why?", "{}", "[1]", '"so"', "\ud800", "[[ ## answer ## ]]", "\u200b\n", 7, None]
)
@pytest.mark.parametrize("facts", ["1, 2", [1, 2], {"a": "b"}])
def test_what_is_remembered_of_a_prompt_is_dspys_own(question, facts):
    inputs, demos = {"question": question, "facts": facts}, [{"question": "a", "facts": "b", "answer": "c"}]
    asked = Answer
    for instructions in ("Answer it.", "Answer it well."):
        asked.instructions = instructions
        assert ADAPTER.format(asked, demos, inputs) == dspy.JSONAdapter().format(asked, demos, inputs)
        assert ADAPTER.format(asked, demos, {}) == dspy.JSONAdapter().format(asked, demos, {})
