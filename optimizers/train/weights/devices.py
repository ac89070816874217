"""Where weights are trained, and in what type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizers.train.train_settings import Device, Precision
from plumbing.errors import UserError

if TYPE_CHECKING:
    import torch


def device_of(wanted: Device) -> str:
    """The device to train on.

    Raises:
        UserError: a GPU is asked for and there is none.
    """
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("no CUDA device is to be seen; leave --device away to train on the CPU")
    return "cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu"


def dtype_of(device: str, wanted: Precision) -> torch.dtype:
    """The frozen weights' type: bfloat16 where the processor multiplies it, else float32; adapters are float32."""
    import torch

    if wanted != "auto":
        return torch.bfloat16 if wanted == "bf16" else torch.float32
    known = torch.cuda.is_bf16_supported() if device == "cuda" else _cpu_multiplies_bf16()
    return torch.bfloat16 if known else torch.float32


def _cpu_multiplies_bf16() -> bool:
    """Whether the CPU has AVX512_BF16 or AMX; on others bfloat16 is slower than float32."""
    import torch

    try:
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    except AttributeError:  # another version of torch asks otherwise
        return False
