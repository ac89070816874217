"""A holder that keeps an object out of a library's sight."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Hidden(Generic[T]):
    """Holds what a DSPy module uses but does not own: not among its predictors, not saved, the same in every copy.

    A debtor that were an attribute of the program would be optimised, saved and given the creditor's model.
    """

    def __init__(self, held: T) -> None:
        self.held = held

    def __deepcopy__(self, memo: dict[int, Any]) -> Hidden[T]:
        return self
