"""What makes a program this program: its state without any model, the shape of its contracts, and hashes of both.

DSPy's own saving leaves two holes that are closed here. A sub-module whose `_compiled` flag is set is missing from
`Module.dump_state`, and on loading fields are matched by position, so a renamed field takes over another one's text.
"""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import dspy
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from plumbing.errors import UserError
from programs.creditor.settings import ProgramSettings


def ordered_sha256(value: Any) -> str:
    """SHA-256 of a JSON value with the order of its keys: in a demo's answer that order is part of the prompt."""
    return hashlib.sha256(json.dumps(value, allow_nan=False).encode()).hexdigest()


def canonical_sha256(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, allow_nan=False).encode()).hexdigest()


def predictors(program: dspy.Module) -> dict[str, dspy.Predict]:
    """Every predictor by its DSPy name, those of frozen (`_compiled`) sub-modules included."""
    found = program.named_sub_modules(type_=dspy.Predict, skip_compiled=False)
    return {name.removeprefix("self."): predictor for name, predictor in found}


def program_state(program: dspy.Module) -> dict[str, Any]:
    """The optimised part of a program as JSON: instructions and demos per predictor, no model.

    Raises:
        UserError: a predictor carries a model of its own, which an artifact cannot hold.
    """
    return {name: _predictor_state(name, predictor) for name, predictor in sorted(predictors(program).items())}


def _predictor_state(name: str, predictor: dspy.Predict) -> dict[str, Any]:
    if predictor.lm is not None:
        raise UserError(
            f"{name} has the model {predictor.lm.model} of its own, which an artifact does not store; call "
            "program.set_lm(None), choose the model with dspy.context(lm=...), and save again"
        )
    plain = copy.copy(predictor)
    plain.traces, plain.train = [], []  # leftovers of an optimiser; no prompt is made from them
    return to_jsonable_python(plain.dump_state())


def signature_fingerprint(signature: type[dspy.Signature]) -> str:
    """Hash of what a saved demo and a saved field text must fit: names, direction, types and order of the fields.

    Instructions and the fields' own descriptions are left out, since those are optimised and come from the artifact.
    """
    shape = [
        [name, field.json_schema_extra["__dspy_field_type"], TypeAdapter(field.annotation).json_schema()]
        for name, field in signature.fields.items()
    ]
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()


def signature_fingerprints(program: dspy.Module) -> dict[str, str]:
    """`signature_fingerprint` of every predictor."""
    return {name: signature_fingerprint(predictor.signature) for name, predictor in predictors(program).items()}


def program_sha256(settings: ProgramSettings, state: dict[str, Any]) -> str:
    """Hash of the settings and of every prompt and demo: equal means the same program; the model is no part of it."""
    bare = {name: {key: part for key, part in state[name].items() if key != "lm"} for name in sorted(state)}
    return canonical_sha256(["program", settings.fingerprinted(), ordered_sha256(bare)])
