"""The settings of a training run, with what each is good for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from data.frozen import Frozen

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "bf16", "fp32"]
Method = Literal["sft", "dpo"]
"""One stage of a training."""
Loss = Literal["sigmoid", "sigmoid_norm", "ipo", "apo_zero"]


class TrainSettings(Frozen):
    """How weights are trained (Rafailov et al. 2023; LoRA: Hu et al. 2021)."""

    epochs: Annotated[float, Field(gt=0, le=100)] = 2.0
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-4
    """For adapters; full weights would want a hundredth of it."""
    loss: Loss = "sigmoid"
    """Of preference optimisation. `sigmoid`: DPO; `sigmoid_norm`: DPO on log-probabilities per token (Lambert et al.
    2024); `ipo`: a fixed target for the difference, per token (Azar et al. 2023); `apo_zero`: the chosen up and the
    rejected down, each for itself (D'Oosterlinck et al. 2024)."""
    beta: Annotated[float, Field(gt=0, le=100)] = 0.1
    """How dearly a step away from the reference is paid; smaller moves further. Per token (`sigmoid_norm`, `ipo`) it
    wants to be larger by about the length of a reply."""
    sft_weight: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Of the chosen replies' own loss beside that of the preference: near-identical sides may both lose probability
    otherwise."""
    rank: Annotated[int, Field(ge=1, le=256)] = 16
    """Of the adapters; their scale is twice the rank over the rank."""
    top_layers: Annotated[int, Field(ge=1, le=1000)] = 8
    """Layers that get adapters, from the top; what those below compute of a pair is computed once and kept."""
    batch: Annotated[int, Field(ge=1, le=512)] = 8
    """Pairs a step, gathered one by one: exactly so many, whatever the device's memory."""
    eval_share: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of the debtors whose pairs are held out."""
    looks: Annotated[int, Field(ge=1, le=100)] = 2
    """How often the held-out pairs are looked at after the start; the last time at the end."""
    max_tokens: Annotated[int, Field(ge=64)] = 4096
    """Longer pairs are left out, never cut: a prompt without its end is another question."""
    seed: Annotated[int, Field(ge=0)] = 0
    shuffle_labels: bool = False
    """Half of the pairs, drawn by the seed, are turned round: what still changes is no effect of the preferences."""
    gradient_checkpointing: bool = False
    """Less memory for a third more time."""

    @property
    def lora_alpha(self) -> int:
        """PEFT's scale numerator."""
        return 2 * self.rank
