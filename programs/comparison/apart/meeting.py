"""Whom the programs of a comparison meet: debtors of a book, a sample of it, or those that saved negotiations share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from data.book import SHIPPED_BOOK, DebtorBook, read_book
from data.book.split import SplitName
from data.book.stratified_sample import sampled_book
from data.domain import DebtCase
from plumbing.errors import UserError
from programs.comparison.apart.apart_contest import ApartContest, known_debtors, stand_apart
from programs.creditor.fingerprints import canonical_sha256
from programs.playing.contestants import Contestant
from programs.playing.saved import common_ground
from programs.playing.stage import chosen_debtors


@dataclass(frozen=True)
class MeetingGround:
    """The debtors and seeds of a comparison."""

    split: str
    cases: tuple[DebtCase, ...]
    seed: int
    trials: int
    source: str
    book_sha256: str


def met(
    found: Sequence[Contestant],
    book: Path | None,
    split: str,
    debtors: int | None,
    seed: int,
    trials: int,
    drawn: DebtorBook | None = None,
) -> tuple[list[Contestant], MeetingGround, ApartContest | None]:
    """The contestants with the debtors that are known of them, the ground, and whether they are compared apart."""
    files_alone = all(one.saved is not None for one in found)
    loaded = drawn or (None if files_alone and book is None else read_book(book))
    whole = known_debtors(found, loaded.cases if loaded is not None else ())
    if files_alone and stand_apart(whole, None):
        names = " and ".join(one.saved.path.name for one in whole if one.saved is not None)
        return whole, MeetingGround("saved", (), seed, trials, names, ""), ApartContest(whole)
    ground = _ground(whole, loaded, split, debtors, seed, trials)
    apart = not files_alone and stand_apart(whole, ground.cases)
    return whole, ground, ApartContest(whole) if apart else None


def drawn_book(book: Path | None, split: str, debtors: int | None) -> DebtorBook:
    """The debtors of `compare --stratify`: a sample in strata, of a book that is not held whole.

    Raises:
        UserError: nobody said how many, or the book is faulty or has not so many.
    """
    if debtors is None:
        raise UserError("--stratify draws a sample, so it needs its size; add --debtors 2000")
    return sampled_book(book or SHIPPED_BOOK, cast(SplitName, split), debtors).book


def _ground(
    found: Sequence[Contestant], loaded: DebtorBook | None, split: str, debtors: int | None, seed: int, trials: int
) -> MeetingGround:
    """Debtors of the book's split; where nothing is played, those that the files have in common."""
    plays = [one.saved for one in found if one.saved is not None]
    if len(plays) == len(found):
        cases, seed, trials = common_ground(plays)
        source = " and ".join(play.path.name for play in plays)
        return MeetingGround(
            "saved", cases[:debtors], seed, trials, source, canonical_sha256([p.sha256 for p in plays])
        )
    loaded = loaded or read_book(None)
    cases = chosen_debtors(loaded, cast(Literal["heldout", "val"], split), debtors)
    return MeetingGround(split, cases, seed, trials, loaded.name, loaded.sha256)
