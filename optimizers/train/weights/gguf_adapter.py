"""LoRA adapters as a GGUF file, which llama.cpp applies to a base model's own GGUF file while it runs.

The form is that of llama.cpp's convert_lora_to_gguf.py: per weight two tensors, `NAME.lora_a` (rank x in) and
`NAME.lora_b` (out x rank). Where llama.cpp stores the rows of a weight in another order than transformers (queries
and keys of the llama family), the rows of B are put in that order too.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from plumbing.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

PERMUTED = frozenset({"llama"})
"""Architectures whose rotary embedding llama.cpp computes on neighbouring rows."""
_TENSOR = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])(?:\.default)?\.weight")


def write_gguf_adapter(path: Path, tensors: Mapping[str, NDArray[np.float32]], config: Any, alpha: float) -> None:
    """Write PEFT's adapter tensors as a GGUF adapter.

    Args:
        path: of the file to be written.
        tensors: by PEFT's names (`base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`).
        config: the base model's `transformers` configuration.
        alpha: LoRA's scale numerator.

    Raises:
        UserError: llama.cpp knows no such architecture, or a tensor has no name there.
    """
    import gguf

    names = {name: arch for arch, name in gguf.MODEL_ARCH_NAMES.items()}
    if config.model_type not in names:
        raise UserError(f"llama.cpp knows no architecture {config.model_type}, so no GGUF adapter can be written")
    known = gguf.get_tensor_name_map(names[config.model_type], config.num_hidden_layers)
    writer = gguf.GGUFWriter(path, config.model_type)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(alpha))
    for name, tensor in sorted(tensors.items()):
        parts = _TENSOR.fullmatch(name)
        there = parts and known.get_name(f"{parts['module']}.weight", try_suffixes=(".weight",))
        if not parts or not there:
            raise UserError(f"llama.cpp has no tensor for {name}, so no GGUF adapter can be written")
        values = _ordered(parts["module"], parts["side"], tensor, config)
        writer.add_tensor(f"{there}.lora_{parts['side'].lower()}", np.ascontiguousarray(values, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _ordered(module: str, side: str, tensor: NDArray[np.float32], config: Any) -> NDArray[np.float32]:
    """The rows of B in llama.cpp's order."""
    if config.model_type not in PERMUTED or side != "B":
        return tensor
    if module.endswith("q_proj"):
        return permuted(tensor, config.num_attention_heads)
    if module.endswith("k_proj"):
        return permuted(tensor, config.num_key_value_heads or config.num_attention_heads)
    return tensor


def permuted(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of each head from (first half, second half) to neighbours, as llama.cpp's converter does."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)
