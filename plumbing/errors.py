"""The one exception for a user's mistake; command lines turn it into a sentence and exit status 2."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

Named = TypeVar("Named")


class UserError(Exception):
    """Something the user can mend: bad input, a wrong name, a missing key.

    The message is one clear sentence that says what is wrong, where, and what to do.
    """


def did_you_mean(wrong: str, known: Iterable[str], otherwise: str = "", *, most: int = 1, quoted: bool = False) -> str:
    """The question that a wrong name is answered with.

    Args:
        wrong: what the user wrote.
        known: the names that there are.
        otherwise: what to say where no known name is like it.
        most: how many names to ask about.
        quoted: whether they stand in quotes.
    """
    near = difflib.get_close_matches(wrong, list(known), n=most)
    return f"did you mean {' or '.join(map(repr, near) if quoted else near)}?" if near else otherwise


def by_name(name: str, known: Mapping[str, Named], refusal: str, *, quoted: bool = False) -> Named:
    """What is called `name` among all that there is.

    Args:
        name: what the user wrote.
        known: everything by its name.
        refusal: the sentence that says that there is none, without its end.
        quoted: whether the nearest stands in quotes.

    Raises:
        UserError: there is none; names the nearest.
    """
    if name in known:
        return known[name]
    raise UserError(f"{refusal}; {did_you_mean(name, known, 'there are ' + ', '.join(known), quoted=quoted)}")
