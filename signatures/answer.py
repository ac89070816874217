"""The base of every structured answer: a lean schema, since each token of it is read again in every call.

Model-facing rules, measured on small models: one nested model per signature, whole numbers or Literals, bounded
strings, no floats. Titles and class docstrings stay out of the schema; a field's description is its prompt.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


def _lean(schema: dict[str, Any]) -> None:
    schema.pop("title", None)
    schema.pop("description", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)


class Answer(BaseModel):
    """A typed answer of a model."""

    model_config = ConfigDict(json_schema_extra=_lean)


WithoutFigures = Annotated[str, Field(json_schema_extra={"pattern": r"^[\p{L} ,.;:'’!?—-]*$"})]
"""Letters and punctuation only: decoding that follows the schema cannot write a figure (nor ⑫, which a small model
that may not write 12 falls back to). Not validated, since a model that does not decode by schema may still slip; the
negotiator then leaves the sentence out."""
