"""A pair as one sequence: what its two replies have in common once, then the rest of each.

The prompt of a turn is ten times as long as its reply, so the model reads half as much. Neither rest sees the other:
positions go on from the common part for both, and the attention mask keeps them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Packed:
    """The tokens of one prompt with one or two replies."""

    ids: tuple[int, ...]
    """Common tokens, the rest of the first reply, the rest of the second."""
    common: int
    """Length of the common part: the prompt and what both replies begin with."""
    asked: int
    """Length of the prompt."""
    rests: tuple[int, ...]
    """Length of each reply's rest; one for a lone reply."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def positions(self) -> list[int]:
        """Place of each token in its own dialogue."""
        return [*range(self.common), *(self.common + place for rest in self.rests for place in range(rest))]

    def predicted(self, side: int) -> tuple[list[int], list[int]]:
        """The places that predict the tokens of one reply, and these tokens."""
        start = self.common + sum(self.rests[:side])
        shared = range(self.asked, self.common)
        own = range(start, start + self.rests[side])
        places = [place - 1 for place in shared] + [self.common - 1 if place == start else place - 1 for place in own]
        return places, [self.ids[place] for place in (*shared, *own)]

    def mask(self, device: Any) -> torch.Tensor | None:
        """Which token (row) sees which (column): bool, (1, 1, tokens, tokens); None where plain causality will do."""
        import torch

        if len(self.rests) == 1:
            return None
        seen = torch.ones(len(self), len(self), dtype=torch.bool, device=device).tril()
        second = self.common + self.rests[0]
        seen[second:, self.common : second] = False
        return seen[None, None]


def packed(prompt: Sequence[int], replies: Sequence[Sequence[int]]) -> Packed:
    """Pack a prompt and the tokens that each reply adds to it.

    Args:
        prompt: its tokens.
        replies: one, or two that differ.
    """
    shared = 0
    if len(replies) == 2:
        shortest = min(map(len, replies)) - 1  # a rest is never empty
        while shared < shortest and replies[0][shared] == replies[1][shared]:
            shared += 1
    rests = [reply[shared:] for reply in replies]
    ids = (*prompt, *replies[0][:shared], *(token for rest in rests for token in rest))
    return Packed(ids, len(prompt) + shared, len(prompt), tuple(map(len, rests)))
