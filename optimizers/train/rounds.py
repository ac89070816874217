"""On-policy rounds: pairs sampled anew from what was trained, at its own tables, for the next stage."""

from __future__ import annotations

from pathlib import Path

from optimizers.preferences.__main__ import preferences
from optimizers.preferences.card.pairs_card import PairsCard
from plumbing.errors import UserError

PAIRS_FILE = "pairs.jsonl"


def card_beside(pairs: Path) -> PairsCard:
    """The card of a file of pairs.

    Raises:
        UserError: it is not there, or its teacher plays on a model, which a round does not call by itself.
    """
    path = pairs.with_suffix(".card.json")
    try:
        card = PairsCard.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(
            f"a further round samples as {pairs} was sampled, and its card {path} cannot be read; put it back beside "
            "it, or train without --rounds"
        ) from error
    if card.config.teacher_lm is not None:
        raise UserError(
            f"the pairs in {pairs} were shown by {card.config.teacher}, which needs a model; further rounds are for "
            "teachers without one (rational, linear): sample and train round by round with --from"
        )
    return card


def sampled_anew(card: PairsCard, student: str, folder: Path, number: int) -> Path:
    """Sample pairs as `card` says with the trained `student`, on the same training debtors; returns their file.

    A round that was sampled is not sampled again: its run goes on where it stopped.

    Args:
        card: of the first round's pairs.
        student: the model string of what was trained.
        folder: of the round.
        number: from 2; the seed is moved on by it.
    """
    config, rules = card.config, card.rules
    path = folder / PAIRS_FILE
    if not path.is_file():
        preferences(
            out=path,
            teacher=config.teacher,
            lm=student,
            debtors=card.negotiations,
            turns=config.plan.turns,
            teacher_turns=config.plan.teacher_turns,
            student_samples=config.plan.student_samples,
            temperature=config.plan.temperature,
            debtor_seeds=config.plan.debtor_seeds,
            plays_on=config.plan.plays_on,
            threshold=rules.threshold,
            margin=rules.margin,
            contrasts=rules.contrasts,
            balance=rules.balance,
            book=Path(card.book) if Path(card.book).is_file() else None,
            seed=config.seed + number - 1,
        )
    return path
