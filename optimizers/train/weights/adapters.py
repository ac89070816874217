"""LoRA adapters on the upper layers of a model: new ones, those of an earlier training, and as files."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.train.train_settings import TrainSettings
from optimizers.train.weights.gguf_adapter import write_gguf_adapter
from plumbing.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ADAPTER = "adapter"
"""Folder of the adapters in PEFT's form, inside that of a training."""
CONFIG = "adapter_config.json"


def new_adapters(model: PreTrainedModel, settings: TrainSettings) -> Any:
    """Put adapters around all linear maps of the top layers; a `PeftModel`, the same for the same seed."""
    import torch
    from peft import LoraConfig, get_peft_model

    number = int(model.config.num_hidden_layers)
    top = range(max(0, number - settings.top_layers), number)
    lora = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.lora_alpha,
        target_modules=_linear_names(model),
        layers_to_transform=list(top),
        layers_pattern="layers",
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(settings.seed)
    with _no_word_of_old_names():
        return get_peft_model(model, lora)


def adapters_of(model: PreTrainedModel, folder: Path) -> Any:
    """Put the adapters of an earlier training around `model`, to be trained on."""
    from peft import PeftModel

    with _no_word_of_old_names():
        return PeftModel.from_pretrained(model, folder / ADAPTER, is_trainable=True)


def settings_of(folder: Path, settings: TrainSettings) -> TrainSettings:
    """`settings` with the rank and the layers that the adapters in `folder` have.

    Raises:
        UserError: there are none.
    """
    path = folder / ADAPTER / CONFIG
    try:
        config = json.loads(path.read_text())
        rank, layers = int(config["r"]), config["layers_to_transform"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{folder} holds no adapters to go on from ({path}); name a folder that python -m optimizers.train has "
            "written"
        ) from error
    found = {"rank": rank} | ({"top_layers": len(layers)} if layers else {"top_layers": 1000})
    return settings.model_copy(update=found)


def saved_adapters(model: Any, folder: Path, alpha: float, *, gguf: bool) -> Path | None:
    """Write the adapters in PEFT's form and, where `gguf`, in llama.cpp's; returns the latter's file."""
    from peft import get_peft_model_state_dict

    model.save_pretrained(folder / ADAPTER, save_embedding_layers=False)  # else the hub is asked
    if not gguf:
        return None
    state = get_peft_model_state_dict(model, save_embedding_layers=False)
    tensors = {name: one.detach().float().cpu().numpy() for name, one in state.items()}
    path = folder / "adapter.gguf"
    write_gguf_adapter(path, tensors, model.get_base_model().config, alpha)
    return path


@contextmanager
def _no_word_of_old_names() -> Iterator[None]:
    """PEFT 0.21 uses names that transformers 5 says will go in 6; that is theirs to settle, and no user's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _linear_names(model: PreTrainedModel) -> list[str]:
    import torch

    layers: Any = model.get_submodule("model.layers")
    return sorted({name.rsplit(".", 1)[-1] for name, one in layers.named_modules() if isinstance(one, torch.nn.Linear)})
