"""A causal language model, layer by layer: the lower ones once, the upper ones at each step, the head on replies alone.

Works for models of transformers that are one stack of decoder layers with rotary positions (llama, qwen2, mistral and
their like). Whether a model is one is not looked up but tried: what comes out must be what the model itself says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from optimizers.train.packing import Packed
from plumbing.errors import UserError

if TYPE_CHECKING:
    import torch

TOLERANCE_NATS = 0.5
"""By how much a reply's log-probability may differ from the model's own for rounding: bfloat16, other order of sums."""


class Layers:
    """The model behind its adapters, with the layers apart.

    Args:
        model: a `PreTrainedModel`, or a `PeftModel` around one.
        top: layers that have adapters, from the top; the others are frozen.

    Raises:
        UserError: it is built in another way.
    """

    def __init__(self, model: Any, top: int) -> None:
        self.model = model
        inner = model.get_base_model() if hasattr(model, "get_base_model") else model
        self.stack: Any = getattr(inner, "model", None)
        self.head: Any = inner.get_output_embeddings()
        parts = ("embed_tokens", "layers", "norm", "rotary_emb")
        if self.stack is None or not all(hasattr(self.stack, part) for part in parts):
            raise UserError(
                f"{type(inner).__name__} is no plain stack of decoder layers, so it cannot be trained here; use a "
                "model of the llama, qwen2 or mistral family"
            )
        self.lower = max(0, len(self.stack.layers) - top)

    @property
    def device(self) -> Any:
        """Where the weights lie."""
        return self.head.weight.device

    def below(self, one: Packed) -> torch.Tensor:
        """What the frozen layers make of a sequence: (1, tokens, width), in the weights' type."""
        import torch

        with torch.no_grad():
            ids = torch.tensor([one.ids], device=self.device)
            return self._through(self.stack.embed_tokens(ids), one, 0, self.lower, checkpoint=False)

    def reply_logps(
        self, one: Packed, states: torch.Tensor, sides: Sequence[int], *, checkpoint: bool = False
    ) -> list[torch.Tensor]:
        """log p of each token of the replies numbered `sides`, in nats, float32; from the states of `below` on."""
        hidden = self._through(states.to(self.device), one, self.lower, len(self.stack.layers), checkpoint=checkpoint)
        return [self._token_logps(hidden, one, side) for side in sides]

    def _through(self, hidden: torch.Tensor, one: Packed, first: int, last: int, *, checkpoint: bool) -> torch.Tensor:
        import torch
        from torch.utils.checkpoint import checkpoint as again

        positions = torch.tensor([one.positions], device=self.device)
        told = {
            "attention_mask": one.mask(self.device),
            "position_embeddings": self.stack.rotary_emb(hidden, positions),
            "position_ids": positions,
        }
        for layer in self.stack.layers[first:last]:
            hidden = again(layer, hidden, use_reentrant=False, **told) if checkpoint else layer(hidden, **told)
        return hidden

    def _token_logps(self, hidden: torch.Tensor, one: Packed, side: int) -> torch.Tensor:
        import torch

        places, tokens = one.predicted(side)
        # Only the reply's places: a vocabulary times a whole prompt would be most of the memory.
        logits = self.head(self.stack.norm(hidden[0, places])).float()
        return logits.log_softmax(-1).gather(-1, torch.tensor(tokens, device=self.device)[:, None])[:, 0]


def require_plain(layers: Layers, one: Packed) -> None:
    """Refuse a model whose layers, one by one and packed, do not say what the model itself says of each reply.

    Raises:
        UserError: they do not.
    """
    import torch

    sides = range(len(one.rests))
    with torch.no_grad():
        ours = layers.reply_logps(one, layers.below(one), sides)
        for side, found in zip(sides, ours, strict=True):
            reply = one.predicted(side)[1]
            ids = torch.tensor([[*one.ids[: one.asked], *reply]], device=layers.device)
            logits = layers.model(input_ids=ids, logits_to_keep=len(reply) + 1).logits[0, :-1].float()
            theirs = logits.log_softmax(-1).gather(-1, ids[0, one.asked :, None])[:, 0]
            if abs(float((found - theirs).sum())) > max(TOLERANCE_NATS, 0.03 * abs(float(theirs.sum()))):
                raise UserError(
                    f"{type(layers.model).__name__} computes more than its layers one after another, so it cannot be "
                    "trained here; use a model of the llama, qwen2 or mistral family"
                )
