"""How hard the right pick of a menu was: what pickers that read no result would have lost on it.

A model that picks by an option's place, or by how likely it is, is right by luck on many menus. A demonstration on
which such a picker is right teaches it nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from programs.creditor.choosing.menu import POINTS

AS_GOOD = 0.002
"""Expected CCI below the best option that a pick which counts as right may cost."""
_LINE = re.compile(
    r"^[A-F]\. (accept the debtor's offer: )?.*?(?:yes now (\d+)%.*)?kept \d+%; result (-?\d+)$", re.MULTILINE
)


class _Option(NamedTuple):
    accepts: bool
    chance_now_pct: int
    result: int


def unguessed(options: str) -> float:
    """Share of the pickers that go wrong, 0 to 1; 0 where there is no choice.

    They take the firmest option, the softest, the one that is likeliest to be accepted now, or the acceptance where
    there is one.

    Args:
        options: a menu as its prompt shows it (`programs.creditor.choosing.menu.Menu.text`).
    """
    found = [_Option(bool(accepts), int(now or 100), int(result)) for accepts, now, result in _LINE.findall(options)]
    if not found:
        return 0.0
    best = max(one.result for one in found)
    guesses = [found[0], found[-1], max(found, key=lambda one: one.chance_now_pct)]
    guesses += [one for one in found if one.accepts]
    return sum(best - one.result > AS_GOOD * POINTS for one in guesses) / len(guesses)
