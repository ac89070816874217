"""Plots by matplotlib in one style: the same input gives the same bytes, in colours for colour-blind readers too."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from plumbing.errors import UserError

BLACK, BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = (
    "#000000",
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
)
"""Okabe & Ito (2008)."""

_STYLE: dict[str, Any] = {
    "svg.hashsalt": "maden",  # element ids are otherwise random: the same plot must be the same file
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
}
SMALL: dict[str, Any] = {"font.size": 9}
"""Style of plots beside each other."""
_PANELS: dict[str, Any] = {**SMALL, "axes.titlesize": 9, "axes.titleweight": "bold"}
_UNDATED = {"Date": None, "Creator": None}


def missing(error: ImportError) -> UserError:
    """The sentence for somebody who has not installed what a report needs."""
    return UserError(
        f'the report needs the package {error.name}, which is not installed; run pip install "maden[report]"'
    )


@contextmanager
def drawing(size: tuple[float, float], style: Mapping[str, Any]) -> Iterator[Any]:
    """An empty matplotlib figure, to be drawn and written inside the block.

    Args:
        size: width and height in inches.
        style: matplotlib's parameters beside the house's own.

    Raises:
        UserError: the extra `report` is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise missing(error) from error
    parameters: dict[Any, Any] = {**_STYLE, **style}
    with mpl.rc_context(parameters):
        yield Figure(figsize=size, layout="constrained")


def svg_of(figure: Any, *, without: tuple[str, ...] = (), transparent: bool = False) -> str:
    """The `<svg>` element of a figure, inside its block.

    Args:
        figure: of `drawing`.
        without: metadata of matplotlib to leave out, beside date and creator.
        transparent: whether the page's own background shows.
    """
    text = io.StringIO()
    metadata = {**_UNDATED, **dict.fromkeys(without)}
    figure.savefig(text, format="svg", metadata=metadata, transparent=transparent)
    document = text.getvalue()
    return document[document.index("<svg") :]


def picture_of(figure: Any, form: str) -> bytes:
    """The file of a figure in a format of matplotlib (`svg`, `png`), inside its block."""
    out = io.BytesIO()
    figure.savefig(out, format=form, metadata=_UNDATED if form == "svg" else None, dpi=150)
    return out.getvalue()


def error_bars(mean: float, bounds: tuple[float, float] | None) -> list[list[float]] | None:
    """How far an interval reaches to both sides, as matplotlib's `xerr` and `yerr` take it; None without one."""
    return None if bounds is None else [[max(0.0, mean - bounds[0])], [max(0.0, bounds[1] - mean)]]


@contextmanager
def panels(rows: int, columns: int, panel: tuple[float, float]) -> Iterator[tuple[list[Any], list[str]]]:
    """Axes to draw on, each `panel` inches wide and high; after the block, the second list holds the SVG.

    Raises:
        UserError: the extra `report` is not installed.
    """
    done: list[str] = []
    with drawing((panel[0] * columns, panel[1] * rows), _PANELS) as figure:
        yield list(np.ravel(figure.subplots(rows, columns))), done
        done.append(svg_of(figure))
