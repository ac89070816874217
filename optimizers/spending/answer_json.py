"""A model's answer as DSPy caches it, to JSON and back without pickle.

DSPy caches two kinds of record: a dict (`CallResult.dump`, for engines of its own form) and LiteLLM's response object.
"""

from __future__ import annotations

import json
from typing import Any

from programs.models.remote import litellm

_LITELLM = "ModelResponse"


def dumped(record: Any) -> str:
    """`record` as JSON.

    Raises:
        TypeError: it is neither of the two kinds.
    """
    if isinstance(record, dict):
        return json.dumps({"kind": "dict", "value": record}, ensure_ascii=False)
    if type(record).__name__ == _LITELLM and type(record).__module__.startswith("litellm."):
        value = record.model_dump(mode="json", warnings=False)
        return json.dumps({"kind": _LITELLM, "value": value, "usd": _listed_usd(record)}, ensure_ascii=False)
    raise TypeError(f"an answer of the type {type(record).__name__} cannot be kept in the run's file")


def loaded(text: str) -> Any:
    """The record behind `dumped`, as DSPy's cache returns it: LiteLLM's is marked as cached and has no usage."""
    stored = json.loads(text)
    if stored["kind"] == "dict":
        return stored["value"]
    response = litellm().ModelResponse(**stored["value"])
    response._hidden_params["response_cost"] = stored["usd"]
    response.usage = {}
    response.cache_hit = True
    return response


def usage_of(record: Any) -> tuple[dict[str, Any], float | None, bool]:
    """What the provider counted, in OpenAI's words; what a price table made of it; whether the reply was cut."""
    if isinstance(record, dict):
        endings = [response.get("finish_reason") for response in record.get("responses", ())]
        return record.get("usage") or {}, record.get("cost"), "length" in endings
    usage = getattr(record, "usage", None) or {}
    endings = [choice.finish_reason for choice in record.choices]
    return dict(usage), _listed_usd(record), "length" in endings


def _listed_usd(record: Any) -> float | None:
    return getattr(record, "_hidden_params", {}).get("response_cost")
