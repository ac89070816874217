"""The base of every structured answer: a lean schema, since each token of it is read again in every call.

Model-facing rules, measured on small models: one nested model per signature, whole numbers or Literals, bounded
strings, no floats. Titles and class docstrings stay out of the schema; a field's description is its prompt. Words
that must not carry figures are checked afterwards: a grammar that forbids digits makes a small model stutter.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


def _lean(schema: dict[str, Any]) -> None:
    schema.pop("title", None)
    schema.pop("description", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)


class Answer(BaseModel):
    """A typed answer of a model."""

    model_config = ConfigDict(json_schema_extra=_lean)
