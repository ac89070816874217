"""What the frozen layers make of each pair, and what the reference says of it: computed once, kept on the disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.frozen import Frozen
from optimizers.train.packing import Packed
from optimizers.train.training_data import Item
from optimizers.train.weights.layers import Layers
from plumbing.files import replace_file

if TYPE_CHECKING:
    import torch


class Logps(Frozen):
    """log p of the replies of one item in nats, and their lengths; one value for an example, two for a pair."""

    sums: tuple[float, ...]
    tokens: tuple[int, ...]


class States:
    """The lower layers' states of sequences.

    A file a sequence: a training that is stopped does not compute them again, nor do a second stage, a second seed and
    other settings on the same pairs and layers.

    Args:
        layers: of the model.
        folder: of the files; made when it is needed.
        base: fingerprint of the frozen weights and of their type.
    """

    def __init__(self, layers: Layers, folder: Path, base: str) -> None:
        self._layers, self._folder, self._base = layers, folder, base

    def of(self, one: Packed) -> torch.Tensor:
        """(1, tokens, width), where the weights lie."""
        from safetensors.torch import load, save

        if not self._layers.lower:  # embeddings are a look-up
            return self._layers.below(one)
        told = json.dumps([self._base, self._layers.lower, one.ids, one.common, one.rests])
        path = self._folder / f"{hashlib.sha256(told.encode()).hexdigest()[:24]}.safetensors"
        if path.is_file():
            return load(path.read_bytes())["states"].to(self._layers.device)
        found = self._layers.below(one)
        replace_file(path, save({"states": found.cpu()}))
        return found


def logps_of(
    layers: Layers, states: States, items: Sequence[Item], on_item: Callable[[], None] = lambda: None
) -> list[Logps]:
    """What the weights, as they are now, say of each item's replies; `on_item` is called after each."""
    import torch

    found = []
    with torch.no_grad():
        for item in items:
            sides = layers.reply_logps(item.packed, states.of(item.packed), range(len(item.packed.rests)))
            found.append(Logps(sums=tuple(float(one.sum()) for one in sides), tokens=tuple(len(one) for one in sides)))
            on_item()
    return found


def kept_logps(path: Path, compute: Callable[[], list[Logps]]) -> list[Logps]:
    """What `path` holds, or what is computed now and kept there."""
    if path.is_file():
        return [Logps.model_validate(one) for one in json.loads(path.read_text())]
    found = compute()
    replace_file(path, json.dumps([one.model_dump() for one in found]).encode())
    return found
