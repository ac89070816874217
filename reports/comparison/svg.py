"""Plots as inline SVG for an HTML page: the same input gives the same bytes, and no plot refers to anything outside.

Every program has a colour and a marker of its own. The width is that of a phone held upright, so that no label gets too
small there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plumbing.plotting import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, drawing, svg_of

WIDTH_IN = 4.7
"""Width of every plot, inches."""
INK, FAINT = "#1a1a1a", "#767676"

_STYLE: dict[str, Any] = {
    "text.parse_math": False,  # a program may be called $x$
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "xtick.color": INK,
    "ytick.color": INK,
}


@dataclass(frozen=True)
class Look:
    """How one program is drawn in every plot."""

    label: str
    colour: str
    marker: str
    """matplotlib's name."""
    outline: str
    """The same marker as an SVG path in a box of 14 x 14, for legends in the page."""


_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
_MARKERS = (
    ("o", "M7 2a5 5 0 1 0 .01 0z"),
    ("s", "M2.5 2.5h9v9h-9z"),
    ("D", "M7 1l6 6-6 6-6-6z"),
    ("^", "M7 2l6 10H1z"),
    ("v", "M7 12l6-10H1z"),
    ("P", "M5 1h4v4h4v4H9v4H5V9H1V5h4z"),
    ("X", "M4 1l3 3 3-3 3 3-3 3 3 3-3 3-3-3-3 3-3-3 3-3-3-3z"),
)


def looks(labels: list[str]) -> list[Look]:
    """Colour and marker of each program, in their order; markers repeat later than colours."""
    return [
        Look(label, _COLOURS[number % len(_COLOURS)], *_MARKERS[number % len(_MARKERS)])
        for number, label in enumerate(labels)
    ]


def drawn(name: str, alternative: str, height_in: float, draw: Callable[[Any], None]) -> str:
    """An `<svg>` element.

    Args:
        name: of the plot, unlike that of any other on the page: its ids begin with it.
        alternative: what the plot shows, for those who do not see it.
        height_in: inches; the width is `WIDTH_IN`.
        draw: is given matplotlib's axes.

    Raises:
        UserError: the extra `report` is not installed.
    """
    with drawing((WIDTH_IN, height_in), _STYLE) as figure:
        draw(figure.add_subplot())
        return _inline(svg_of(figure, without=("Format", "Type"), transparent=True), name, alternative)


def _inline(svg: str, name: str, alternative: str) -> str:
    """The `<svg>` as a part of a page: ids of its own, the page's font, no name spaces (HTML knows them)."""
    opening, rest = svg.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', opening)
    assert box is not None, "matplotlib writes a viewBox"
    rest = re.sub(r"<style.*?</style>", "", rest, flags=re.DOTALL)
    rest = re.sub(r"font-family: [^;\"]*; ?", "", rest)
    used = set(re.findall(r"#([\w.-]+)", rest))
    rest = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", rest)
    rest = re.sub(r"(url\(#|xlink:href=\"#)", rf"\g<1>{name}-", rest)
    return f'<svg class="plot" role="img" aria-label="{html.escape(alternative)}" {box[0]}>{rest}'
