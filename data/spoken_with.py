"""A case with another language spoken: the same debtor, whom one writes to otherwise."""

from __future__ import annotations

from typing import TypeVar

from data.domain import CreditorView, DebtCase

AnyCase = TypeVar("AnyCase", DebtCase, CreditorView, DebtCase | CreditorView)


def spoken_with(case: AnyCase, language: str | None) -> AnyCase:
    """`case` with what is spoken with its debtor.

    Args:
        case: whole, or as a creditor sees it.
        language: BCP 47 tag; None where nobody knows.
    """
    return case.model_copy(update={"debtor": case.debtor.model_copy(update={"language": language})})
