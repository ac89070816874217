"""From an artifact back to a program that runs, after checking everything that DSPy's own loading lets pass.

DSPy matches fields by position, ignores predictors that it does not know and sets whatever attribute a state names.
"""

from __future__ import annotations

import copy
import logging
from typing import Any

import dspy
from pydantic import BaseModel, ConfigDict, ValidationError

from plumbing.errors import UserError
from programs.artifacts.document import Artifact
from programs.artifacts.provenance import installed_versions
from programs.creditor.fingerprints import predictors, signature_fingerprints
from programs.kinds.kind import Kind
from programs.kinds.known import CLASSES

BINDING_PACKAGES = ("maden", "dspy", "pydantic")
"""Packages that word the prompts: another major version would send other ones than were measured."""

logger = logging.getLogger(__name__)


class _FieldText(BaseModel):
    model_config = ConfigDict(extra="forbid")

    prefix: str
    description: str


class _SignatureText(BaseModel):
    model_config = ConfigDict(extra="forbid")

    instructions: str
    fields: list[_FieldText]


class _PredictorState(BaseModel):
    """What a predictor's state may hold; DSPy would set any other key as an attribute."""

    model_config = ConfigDict(extra="forbid")

    demos: list[dict[str, Any]]
    signature: _SignatureText
    traces: list[Any]
    train: list[Any]
    lm: None


def restored(artifact: Artifact, outside: Any = None, kind: Kind | None = None) -> Any:
    """The program in `artifact`, of whatever kind, ready to play; its `artifact` attribute tells where it came from.

    Args:
        artifact: read and checked.
        outside: what the program meets that is no part of it: a negotiation's debtors.
        kind: that it has to be of; None for any.

    Raises:
        UserError: it does not fit this installation; the sentence says what to do.
    """
    found = artifact_kind(artifact)
    if kind is not None and found is not kind:
        raise UserError(
            f"{_called(artifact)} is for {found.words.record}s, here a program for {kind.words.record}s is needed; "
            "python -m programs.artifacts list shows all"
        )
    _check_packages(artifact)
    program = found.bare(artifact.settings, outside)
    _check_predictors(artifact, program)
    program.load_state(copy.deepcopy(artifact.state))
    if program.sha256 != artifact.program_sha256:
        raise UserError(
            f"{_called(artifact)} does not come back as the program that was saved; use the versions named in its "
            "provenance (python -m programs.artifacts show), or compile again"
        )
    program.artifact = artifact
    return program


def artifact_kind(artifact: Artifact) -> Kind:
    """The kind of the program in `artifact`.

    Raises:
        UserError: this version has no such program.
    """
    if artifact.program_class not in CLASSES:
        raise UserError(
            f"{_called(artifact)} holds a {artifact.program_class}, which this version of maden does not have; "
            "use the version that saved it"
        )
    return CLASSES[artifact.program_class]


def _check_packages(artifact: Artifact) -> None:
    saved, here = artifact.provenance.get("packages", {}), installed_versions()
    for package in BINDING_PACKAGES:
        then, now = saved.get(package), here.get(package)
        if not then or not now:
            continue
        if _major(then) != _major(now):
            raise UserError(
                f"{_called(artifact)} was saved with {package} {then}, here is {now}, which words prompts in its own "
                f'way; install "{package}>={_major(then)},<{_major(then) + 1}", or compile again'
            )
        if package == "dspy" and then.split(".")[:2] != now.split(".")[:2]:
            logger.warning("%s was saved with dspy %s, here is %s: scores may differ", _called(artifact), then, now)


def _major(version: str) -> int:
    digits = version.split(".", maxsplit=1)[0]
    return int(digits) if digits.isdigit() else -1


def _check_predictors(artifact: Artifact, program: dspy.Module) -> None:
    expected = predictors(program)
    if set(artifact.state) != set(expected) or set(artifact.signatures) != set(expected):
        raise UserError(
            f"{_called(artifact)} holds the predictors {_listed(artifact.state)}, the program has {_listed(expected)}; "
            "use the version of maden that saved it, or compile again"
        )
    for name, fingerprint in signature_fingerprints(program).items():
        state = _checked_state(artifact, name)
        fits = len(state.signature.fields) == len(expected[name].signature.fields)
        if artifact.signatures[name] != fingerprint or not fits:
            raise UserError(
                f"{_called(artifact)} was saved with another signature of {name} ({_change(state, expected[name])}), "
                "so its demos and prompts do not fit; use the version of maden that saved it, or compile again"
            )


def _checked_state(artifact: Artifact, name: str) -> _PredictorState:
    try:
        return _PredictorState.model_validate(artifact.state[name])
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UserError(
            f"{_called(artifact)} has a state of {name} that DSPy does not write ({where}: "
            f"{error.errors()[0]['msg']}); restore the file from a copy, or compile again"
        ) from error


def _change(state: _PredictorState, predictor: dspy.Predict) -> str:
    """The changed fields in words, as far as the saved state names them."""
    saved = [field.prefix for field in state.signature.fields]
    now = [field.json_schema_extra["prefix"] for field in predictor.signature.fields.values()]
    if saved == now:
        return "the type of a field is another one"
    if set(saved) == set(now):
        return "the order of its fields is another one"
    lost, new = [p for p in saved if p not in now], [p for p in now if p not in saved]
    parts = [f"without {', '.join(new)}" if new else "", f"with {', '.join(lost)}" if lost else ""]
    return " and ".join(part for part in parts if part).replace(":", "")


def _called(artifact: Artifact) -> str:
    return str(artifact.path or artifact.reference)


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"
