"""The adapter of every call here: DSPy's JSONAdapter, with the constant part of a prompt rendered once."""

from __future__ import annotations

import copy
import json
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import dspy


class JSONAdapter(dspy.JSONAdapter):
    """Same prompts, byte for byte; what of a prompt is the same in each call is not worked out anew.

    It takes a third of what a call costs besides the model (benchmarks/runner.py).
    """

    def format_system_message(self, signature: type[dspy.Signature]) -> str:
        """As in DSPy, remembered per signature class and its instructions."""
        return _system(signature, signature.instructions)  # type: ignore[arg-type]  # a class is hashable

    def format_user_message_content(
        self,
        signature: type[dspy.Signature],
        inputs: dict[str, Any],
        prefix: str = "",
        suffix: str = "",
        main_request: bool = False,
    ) -> str:
        """As in DSPy, which asks Pydantic for the JSON of each input, and of a text that is the text."""
        given = {name: inputs[name] for name in signature.input_fields if name in inputs}
        if not all(type(value) is str for value in given.values()):
            return super().format_user_message_content(signature, inputs, prefix, suffix, main_request)
        asked = _output_requirements(signature) if main_request else None  # type: ignore[arg-type]
        said = [f"[[ ## {name} ## ]]\n{value}" for name, value in given.items()]
        return "\n\n".join([prefix, *said, *([] if asked is None else [asked]), suffix]).strip()

    def _prepare_response_format(self, lm: dspy.LM, lm_kwargs: dict[str, Any], signature: type[dspy.Signature]) -> None:
        """As in DSPy, but worked out once for a signature, and whoever asks for the schema gets one of its own.

        LiteLLM rewrites the one that it is given (it unfolds `$ref`s), and the cache's key is made of it once before
        the call and once after: an answer to a nested contract, such as the planner's, was then never found again.
        """
        format_ = _response_format(signature, "response_format" in lm.supported_params, lm.supports_response_schema)  # type: ignore[arg-type]
        if format_ is not None:
            lm_kwargs["response_format"] = copy.copy(format_)  # a class is its own copy


@lru_cache(maxsize=256)
def _response_format(signature: type[dspy.Signature], supported: bool, with_schema: bool) -> Any:
    """What DSPy asks for where a model takes a response format, and takes a schema as one; None: nothing."""
    lm = SimpleNamespace(
        supported_params={"response_format"} if supported else set(), supports_response_schema=with_schema
    )
    asked: dict[str, Any] = {}
    dspy.JSONAdapter()._prepare_response_format(lm, asked, signature)
    model = asked.get("response_format")
    if isinstance(model, type):
        schema = json.dumps(model.model_json_schema())  # type: ignore[attr-defined]
        model.model_json_schema = lambda *_, **__: json.loads(schema)  # type: ignore[attr-defined]
    return model


@lru_cache(maxsize=256)
def _system(signature: type[dspy.Signature], _instructions: str) -> str:
    return dspy.JSONAdapter().format_system_message(signature)


@lru_cache(maxsize=256)
def _output_requirements(signature: type[dspy.Signature]) -> str | None:
    return dspy.JSONAdapter().user_message_output_requirements(signature)


ADAPTER = JSONAdapter()
