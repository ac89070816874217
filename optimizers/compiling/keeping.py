"""Whether a compile's result is kept: only where it is better on its own validation debtors than what it began with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from programs.kinds.kind import KindWords
from programs.playing.evaluate import Evaluation


@dataclass(frozen=True)
class Kept:
    """That the uncompiled program was kept, and what for."""

    sentence: str
    made_sha256: str
    """Of what the strategy made."""
    made: float
    """Its mean objective over the debtors that both met."""
    uncompiled: float
    """The uncompiled program's."""
    debtors: int
    """That both met, or other examples."""

    def section(self) -> dict[str, Any]:
        """As an artifact's provenance and a run's summary hold it."""
        return asdict(self)


def uncompiled_kept(
    optimizer: str,
    before: Evaluation[Any, Any],
    after: Evaluation[Any, Any],
    words: KindWords,
    *,
    uncompiled_sha256: str,
    made_sha256: str,
) -> Kept | None:
    """Why the uncompiled program is kept; None where what the strategy made is better.

    Args:
        optimizer: name of the strategy.
        before: of the uncompiled program on the validation debtors.
        after: of what the strategy made, on the same ones.
        words: how people are told of the kind.
        uncompiled_sha256, made_sha256: of the two programs.
    """
    values = [evaluation.values("objective") for evaluation in (before, after)]
    shared = sorted(set.intersection(*(set(found) for found in values)))
    uncompiled, made = (fmean(fmean(found[case_id]) for case_id in shared) if shared else 0.0 for found in values)
    if made > uncompiled:
        return None
    met = f"the {words.examples(len(shared))} of validation"
    if made_sha256 == uncompiled_sha256:
        sentence = f"the uncompiled program was kept: {optimizer} came to no other one that is better on {met}"
    else:
        sentence = (
            f"the uncompiled program was kept: what {optimizer} made is not better on {met} "
            f"(objective {made:.3f} against {uncompiled:.3f})"
        )
    return Kept(sentence, made_sha256, made, uncompiled, len(shared))
