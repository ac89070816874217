"""Many replies at once from a model of transformers, each held to its schema (llguidance), sampled by its own seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Asked:
    """One prompt."""

    ids: tuple[int, ...]
    """Its tokens, to where the reply begins."""
    grammar: str | None
    """In llguidance's form; None for a reply in plain text."""
    max_tokens: int
    temperature: float
    """0 takes the likeliest token."""
    seed: int
    """Of the sampling: the same prompt and seed give the same reply in the same batch."""


@dataclass(frozen=True)
class Replied:
    """One reply."""

    text: str
    tokens: int
    whole: bool
    """Whether it ended by itself."""


class Generator:
    """Writes replies with one model.

    Args:
        model: a causal language model, adapters included.
        tokenizer: the model's.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        from llguidance.hf import from_tokenizer

        self.model, self.tokenizer = model, tokenizer
        self.vocabulary = int(model.get_output_embeddings().weight.shape[0])
        self._guide = from_tokenizer(tokenizer, n_vocab=self.vocabulary)
        self._matchers: dict[str, Any] = {}

    def replies(self, asked: Sequence[Asked]) -> list[Replied]:
        """A reply to each, in their order."""
        import torch

        rows = [_Row(one, self._matcher(one.grammar), self.model.device) for one in asked]
        was_training = self.model.training
        self.model.eval()
        with torch.inference_mode():
            self._write(rows)
        self.model.train(was_training)
        return [self._replied(row) for row in rows]

    def _matcher(self, grammar: str | None) -> Any | None:
        """A fresh one; each grammar is read once."""
        from llguidance import LLMatcher

        if grammar is None:
            return None
        if grammar not in self._matchers:
            self._matchers[grammar] = LLMatcher(self._guide, grammar)
        return self._matchers[grammar].deep_copy()

    def _write(self, rows: list[_Row]) -> None:
        """Token by token, until every row has ended; padding stands before the shorter prompts."""
        import torch

        longest, device = max(len(row.asked.ids) for row in rows), self.model.device
        pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else self.tokenizer.eos_token_id
        padded = [[pad] * (longest - len(row.asked.ids)) + list(row.asked.ids) for row in rows]
        seen = [[0] * (longest - len(row.asked.ids)) + [1] * len(row.asked.ids) for row in rows]
        ids, mask = (torch.tensor(one, device=device) for one in (padded, seen))
        places, cache = (mask.cumsum(-1) - 1).clamp(min=0), None
        while True:
            out = self.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=places,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            logits, cache = out.logits[:, -1].float(), out.past_key_values
            logits.masked_fill_(~self._allowed(rows), float("-inf"))
            for number, row in enumerate(rows):
                row.shake(logits[number])
            chosen = logits.argmax(-1)
            for row, token in zip(rows, chosen.tolist(), strict=True):
                row.took(token, self.tokenizer.eos_token_id)
            if all(row.ended for row in rows):
                return
            ids = chosen[:, None]
            mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
            places = places[:, -1:] + 1

    def _allowed(self, rows: list[_Row]) -> torch.Tensor:
        """Which tokens each row may take: bool, (rows, vocabulary)."""
        import torch
        from llguidance.torch import allocate_token_bitmask, fill_next_token_bitmask

        bits = allocate_token_bitmask(len(rows), self.vocabulary)
        for number, row in enumerate(rows):
            if row.matcher is not None and not row.ended:
                fill_next_token_bitmask(row.matcher, bits, number)
        bits = bits.to(self.model.device)
        each = (bits[:, :, None] >> torch.arange(32, dtype=torch.int32, device=bits.device)) & 1
        return each.reshape(len(rows), -1)[:, : self.vocabulary].bool()

    def _replied(self, row: _Row) -> Replied:
        text = self.tokenizer.decode(row.written, skip_special_tokens=True)
        return Replied(text, len(row.written), row.whole)


class _Row:
    """One reply while it is written."""

    def __init__(self, asked: Asked, matcher: Any | None, device: Any) -> None:
        import torch

        self.asked, self.matcher = asked, matcher
        self.written: list[int] = []
        self.ended = self.whole = False
        self._chance = torch.Generator(device=device).manual_seed(asked.seed)

    def shake(self, logits: torch.Tensor) -> None:
        """Put Gumbel noise on the logits, in place, so that the likeliest token afterwards is a sample."""
        import torch

        if self.asked.temperature > 0 and not self.ended:
            drawn = torch.rand(logits.shape, generator=self._chance, device=logits.device)
            logits.div_(self.asked.temperature).sub_((-drawn.clamp(min=1e-20).log()).log())

    def took(self, token: int, end: int) -> None:
        """Go on by one token."""
        if self.ended:
            return
        if token == end:
            self.ended = self.whole = True
            return
        self.written.append(token)
        if self.matcher is not None:
            self.matcher.consume_token(token)
            self.whole = self.matcher.is_stopped()
        self.ended = self.whole or len(self.written) >= self.asked.max_tokens
