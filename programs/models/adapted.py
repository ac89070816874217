"""A base model with trained adapters, as `optimizers.train` leaves them: the folder that `local:FOLDER` names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from data.frozen import Frozen
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.models.model_file import assembled, file_sha256

MODEL_FILE = "model.json"
EMBEDDED = "local"
"""Names the embedded model, whose file lies elsewhere on every machine."""


class AdaptedModel(Frozen):
    """The content of `model.json`."""

    schema_version: Literal[1] = 1
    base: str
    """`local`, or the path of a GGUF file."""
    base_sha256: str
    adapter: str
    """GGUF file of the adapters, beside `model.json`."""
    adapter_sha256: str


@dataclass(frozen=True)
class AdaptedFiles:
    """What the engine loads."""

    name: str
    """Tells this model from every other one."""
    base: Path
    adapter: Path


def write_adapted(folder: Path, base: str, base_sha256: str, adapter: Path) -> None:
    """Make `folder`, which holds the file `adapter`, one that `local:FOLDER` runs."""
    model = AdaptedModel(base=base, base_sha256=base_sha256, adapter=adapter.name, adapter_sha256=file_sha256(adapter))
    replace_file(folder / MODEL_FILE, f"{model.model_dump_json(indent=1)}\n".encode(), durable=True)


def read_adapted(folder: Path) -> AdaptedFiles:
    """The files of an adapted model, checked against their hashes.

    Raises:
        UserError: the folder is none, a file is missing, or not the one that was trained.
    """
    path = folder / MODEL_FILE
    try:
        content: Any = json.loads(path.read_text())
        model = AdaptedModel.model_validate(content)
    except FileNotFoundError as error:
        raise UserError(
            f"{folder} holds no {MODEL_FILE}; after local: give a GGUF file, or a folder that "
            "python -m optimizers.train has written"
        ) from error
    except (ValueError, ValidationError) as error:
        raise UserError(f"{path} is damaged or of a newer version; train again, or update maden") from error
    base = assembled() if model.base == EMBEDDED else _base_file(folder, Path(model.base))
    for file, sha256, what in (
        (base, model.base_sha256, "base model"),
        (folder / model.adapter, model.adapter_sha256, "file of adapters"),
    ):
        if not file.is_file():
            raise UserError(f"the {what} {file} that {path} names is gone; put it back there, or beside that folder")
        if file_sha256(file) != sha256:
            raise UserError(f"{file} is not the {what} that {path} was written for; adapters fit their own base only")
    return AdaptedFiles(f"{folder.name}-{model.adapter_sha256[:12]}", base, folder / model.adapter)


def _base_file(folder: Path, named: Path) -> Path:
    """The base where it was, or beside the folder that was moved; its hash says whether it is the one."""
    places = (named, folder / named.name, folder.parent / named.name)
    return next((place for place in places if place.is_file()), named)
