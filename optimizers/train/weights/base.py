"""The model to be trained: the embedded one, a GGUF file, a directory, or a name on the Hugging Face hub."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plumbing.errors import UserError
from programs.models.adapted import EMBEDDED
from programs.models.model_file import assembled, file_sha256

# Progress is shown by our own bars; what the libraries draw would stand between them. Read when they are imported.
os.environ.setdefault("TQDM_DISABLE", "1")

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class BaseWeights:
    """Where a base model lies."""

    name: str
    """As the user named it."""
    gguf: Path | None
    """Its file where it is one; None for a directory or a hub id."""
    source: str
    """What transformers loads: the GGUF file's folder, a directory, or a hub id."""

    @property
    def sha256(self) -> str | None:
        """Of the GGUF file, or of a directory's weights; None for a hub id, whose commit the card has."""
        if self.gguf is not None:
            return file_sha256(self.gguf)
        files = sorted(Path(self.source).glob("*.safetensors"))
        if not files:
            return None
        return hashlib.sha256("".join(file_sha256(file) for file in files).encode()).hexdigest()

    def named_for_running(self, file: Path) -> str:
        """How `model.json` names the file that adapters run with: its path, or the embedded model's name."""
        return self.name if self.name == EMBEDDED else str(file.absolute())


def find_base(name: str) -> BaseWeights:
    """The base called `name`: `local`, `local:FILE.gguf`, a directory with a `config.json`, or a hub id (org/model).

    Raises:
        UserError: there is no such file or directory, or it holds no model.
    """
    if name == EMBEDDED:
        path = assembled()
        return BaseWeights(name, path, str(path.parent))
    if name.startswith(f"{EMBEDDED}:"):
        path = Path(name.removeprefix(f"{EMBEDDED}:")).expanduser().absolute()
        if path.is_dir():
            raise UserError(
                f"{path} holds adapters of an earlier training; name their base with --model, and them with --from"
            )
        if not path.is_file():
            raise UserError(f"there is no model file {path}; check the path after local:")
        return BaseWeights(name, path, str(path.parent))
    directory = Path(name).expanduser()
    if directory.is_dir():
        if not (directory / "config.json").is_file():
            raise UserError(f"{directory} holds no model in the form of transformers: it has no config.json")
        return BaseWeights(name, None, str(directory.absolute()))
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise UserError(
            f"no model is called {name!r}; name local, local:FILE.gguf, a model's directory, or ORGANISATION/MODEL on "
            "the Hugging Face hub"
        )
    return BaseWeights(name, None, name)


def load(base: BaseWeights, dtype: torch.dtype) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer; a GGUF file's weights are unpacked, since packed ones cannot be trained through.

    Raises:
        UserError: it cannot be loaded, or has no chat template.
    """
    import transformers
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    transformers.utils.logging.disable_progress_bar()
    from_file: dict[str, Any] = {} if base.gguf is None else {"gguf_file": base.gguf.name}
    unpacked = {} if base.gguf is None else {"quantization_config": GgufConfig(dequantize=True)}
    try:
        tokenizer = AutoTokenizer.from_pretrained(base.source, **from_file)
        model = AutoModelForCausalLM.from_pretrained(base.source, dtype=dtype, **from_file, **unpacked)
    except (OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise UserError(f"cannot load the model {base.name}: {str(error).splitlines()[0]}") from error
    if tokenizer.chat_template is None:
        raise UserError(
            f"{base.name} has no chat template, so it cannot be asked as a negotiator; use an instruct model"
        )
    return model, tokenizer
