"""How much likelier a model finds each chosen reply than the rejected one, pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from optimizers.dpo.training_data import PairRow

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def margins(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[PairRow],
    on_row: Callable[[], None] = lambda: None,
) -> list[float]:
    """log p(chosen | prompt) - log p(rejected | prompt) in nats, whole replies, one value a pair.

    Args:
        model: with or without adapters; not changed.
        tokenizer: the model's.
        rows: the pairs.
        on_row: called after each.
    """
    import torch

    found = []
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        for row in rows:
            chosen, rejected = (_logp(model, tokenizer, row.prompt, reply) for reply in (row.chosen, row.rejected))
            found.append(chosen - rejected)
            on_row()
    model.train(was_training)
    return found


def _logp(model: Any, tokenizer: Any, prompt: list[dict[str, str]], reply: list[dict[str, str]]) -> float:
    """log p of the tokens that the reply adds to the prompt."""
    import torch

    asked = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_dict=True)["input_ids"]
    whole = tokenizer.apply_chat_template([*prompt, *reply], return_dict=True)["input_ids"]
    ids = torch.tensor([whole], device=model.device)
    # Only the reply's logits are made: a vocabulary times a whole prompt would be most of the memory.
    logits = model(input_ids=ids, logits_to_keep=len(whole) - len(asked) + 1).logits[0, :-1].float()
    targets = ids[0, len(asked) :]
    return float(logits.log_softmax(-1).gather(-1, targets[:, None]).sum())
