"""The adapter of every call here: DSPy's JSONAdapter, with the constant part of a prompt rendered once."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any

import dspy


class JSONAdapter(dspy.JSONAdapter):
    """Same prompts, byte for byte; the schema in the system part is not worked out anew in each call.

    It takes a quarter of what a call costs besides the model (benchmarks/runner.py).
    """

    def format_field_structure(self, signature: type[dspy.Signature]) -> str:
        """As in DSPy, remembered per signature class."""
        return _structure(signature)  # type: ignore[arg-type]  # a class is hashable

    def _prepare_response_format(self, lm: dspy.LM, lm_kwargs: dict[str, Any], signature: type[dspy.Signature]) -> None:
        """As in DSPy, but whoever asks for the schema gets one of its own.

        LiteLLM rewrites the one that it is given (it unfolds `$ref`s), and the cache's key is made of it once before
        the call and once after: an answer to a nested contract, such as the planner's, was then never found again.
        """
        super()._prepare_response_format(lm, lm_kwargs, signature)
        model = lm_kwargs.get("response_format")
        if isinstance(model, type):
            schema = model.model_json_schema()  # type: ignore[attr-defined]
            model.model_json_schema = lambda *_, **__: copy.deepcopy(schema)  # type: ignore[attr-defined]


@lru_cache(maxsize=256)
def _structure(signature: type[dspy.Signature]) -> str:
    return dspy.JSONAdapter().format_field_structure(signature)


ADAPTER = JSONAdapter()
