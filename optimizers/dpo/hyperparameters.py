"""The settings of a training run, with what each is good for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from data.frozen import Frozen

Device = Literal["auto", "cpu", "cuda"]


class DpoSettings(Frozen):
    """How weights are trained (Rafailov et al. 2023; LoRA: Hu et al. 2021)."""

    epochs: Annotated[float, Field(gt=0, le=100)] = 2.0
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-4
    """For adapters; full weights would want a hundredth of it."""
    beta: Annotated[float, Field(gt=0, le=10)] = 0.1
    """How dearly a step away from the base model is paid; smaller moves further."""
    rank: Annotated[int, Field(ge=1, le=256)] = 16
    """Of the adapters; their scale is twice the rank over the rank."""
    batch: Annotated[int, Field(ge=1, le=512)] = 8
    """Pairs a step; reached by accumulation, so that it does not depend on the device's memory."""
    at_once: Annotated[int, Field(ge=1, le=64)] = 1
    """Pairs on the device at once."""
    eval_share: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of the debtors whose pairs are held out."""
    max_tokens: Annotated[int, Field(ge=64)] = 4096
    """Longer pairs are left out, never cut: a prompt without its end is another question."""
    seed: Annotated[int, Field(ge=0)] = 0
    gradient_checkpointing: bool = False
    """Less memory for a third more time."""

    @property
    def lora_alpha(self) -> int:
        """PEFT's scale numerator."""
        return 2 * self.rank
