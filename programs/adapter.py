"""The adapter of every call here: DSPy's JSONAdapter, with the constant part of a prompt rendered once."""

from __future__ import annotations

from functools import lru_cache

import dspy


class JSONAdapter(dspy.JSONAdapter):
    """Same prompts, byte for byte; the schema in the system part is not worked out anew in each call.

    It takes a quarter of what a call costs besides the model (benchmarks/runner.py).
    """

    def format_field_structure(self, signature: type[dspy.Signature]) -> str:
        """As in DSPy, remembered per signature class."""
        return _structure(signature)  # type: ignore[arg-type]  # a class is hashable


@lru_cache(maxsize=256)
def _structure(signature: type[dspy.Signature]) -> str:
    return dspy.JSONAdapter().format_field_structure(signature)


ADAPTER = JSONAdapter()
