"""The losses of preference optimisation, as TRL 1.16 defines them, of one pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimizers.train.train_settings import Loss

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class ReplySide:
    """One reply under the trained weights and under the reference."""

    logp: torch.Tensor
    """log p of the whole reply in nats, a scalar that gradients flow through."""
    reference: float
    """The same under the reference."""
    tokens: int

    @property
    def ratio(self) -> torch.Tensor:
        """log of how much likelier it became."""
        return self.logp - self.reference


def preference_loss(loss: Loss, chosen: ReplySide, rejected: ReplySide, beta: float) -> torch.Tensor:
    """The loss of one pair, a scalar.

    `sigmoid`: Rafailov et al. 2023, eq. 7. `sigmoid_norm`: the same per token (Lambert et al. 2024, Tulu 3). `ipo`:
    Azar et al. 2023, eq. 17, per token. `apo_zero`: D'Oosterlinck et al. 2024, eq. 7.
    """
    import torch
    from torch.nn.functional import logsigmoid

    per_token = chosen.ratio / chosen.tokens - rejected.ratio / rejected.tokens
    match loss:
        case "sigmoid":
            return -logsigmoid(beta * (chosen.ratio - rejected.ratio))
        case "sigmoid_norm":
            return -logsigmoid(beta * per_token)
        case "ipo":
            return torch.square(per_token - 1 / (2 * beta))
        case "apo_zero":
            return 1 - torch.sigmoid(beta * chosen.ratio) + torch.sigmoid(beta * rejected.ratio)
