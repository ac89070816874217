"""The reproduction table as a picture: who recovers, who spares the debtor, and who gives away more than needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from benchmarks.reproduce.reproduction import CreditorRow, Reproduction, Section
from plumbing.plotting import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    SMALL,
    VERMILLION,
    drawing,
    error_bars,
    picture_of,
)

_COLOURS = (VERMILLION, BLUE, GREEN, PURPLE, ORANGE, SKY)
"""For the rows with a model; rules are grey, and every row has a marker of its own."""
_MARKERS = "osD^vP"
_RULE_MARKERS = "<>sxdvo"
_RULE_COLOUR, _ORACLE_COLOUR = "#777777", BLACK
_LARGEST, _SMALLER = 11.0, 1.5
"""Marker size in points of the first row with a model, and less for each further one: where two fall on the same
place, the one behind still shows."""


def plotted(found: Reproduction, form: str = "svg") -> bytes:
    """The picture in a file format of matplotlib (`svg`, `png`).

    Raises:
        UserError: the extra `report` is not installed.
    """
    sections = [one for one in found.sections if one.rows]
    with drawing((10, 4.6 * max(1, len(sections))), SMALL) as figure:
        for number, one in enumerate(sections):
            plane, bars = (figure.add_subplot(len(sections), 2, 2 * number + column) for column in (1, 2))
            _plane(plane, one)
            _over_concession(bars, one.rows)
        return picture_of(figure, form)


def _plane(axis: Any, one: Section) -> None:
    """CRI against DHI, with the lines of equal CCI behind."""
    _equal_cci(axis)
    for row, look in zip(one.rows, _looks(one.rows), strict=True):
        cri, dhi = row.means["CRI"], row.means["DHI"]
        rule = row.kind == "baseline"
        axis.errorbar(
            cri.mean,
            dhi.mean,
            xerr=error_bars(cri.mean, cri.bounds),
            yerr=error_bars(dhi.mean, dhi.bounds),
            color=look.colour,
            marker=look.marker,
            markersize=look.size,
            markerfacecolor="white" if rule else look.colour,
            linestyle="none",
            elinewidth=0.5 if rule else 1.2,
            label=row.label,
            zorder=2 if rule else 3,
        )
    shown = [row.means["DHI"] for row in one.rows]
    reached = [bound for dhi in shown for bound in dhi.bounds or (dhi.mean,)]
    axis.set(xlim=(-0.03, 1), ylim=(max(0.0, min(reached) - 0.1), min(1.0, max(reached) + 0.1)))
    axis.set(xlabel="CRI: recovery for the creditor", ylabel="DHI: health of the debtor")
    axis.set_title(f"{one.title}, n = {len(one.case_ids)}", loc="left", fontweight="bold")
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _equal_cci(axis: Any) -> None:
    grid = np.linspace(0.01, 1, 100)
    cri, dhi = np.meshgrid(grid, grid)
    lines = axis.contour(
        cri, dhi, 2 * cri * dhi / (cri + dhi), levels=np.arange(0.1, 1, 0.1), colors="#DDDDDD", linewidths=0.8, zorder=0
    )
    axis.clabel(lines, fmt=lambda level: f"CCI {level:.1f}", fontsize=7, colors="#999999")


def _over_concession(axis: Any, rows: Sequence[CreditorRow]) -> None:
    """A bar a row, the number of agreements behind it at the foot."""
    pairs = zip(rows, _looks(rows), strict=True)
    shown = [(row, look.colour) for row, look in pairs if "over_concession" in row.means]
    for place, (row, colour) in enumerate(shown):
        found = row.means["over_concession"]
        axis.barh(
            place,
            found.mean,
            xerr=error_bars(found.mean, found.bounds),
            color=colour,
            alpha=0.75,
            error_kw={"elinewidth": 0.8},
        )
    axis.set_yticks(range(len(shown)), [f"{row.label} ({row.means['over_concession'].n})" for row, _ in shown])
    axis.invert_yaxis()
    axis.set_xlim(left=0)
    axis.set_xlabel("over-concession in CRI (number of agreements)")


@dataclass(frozen=True)
class _Look:
    colour: str
    marker: str
    size: float


def _looks(rows: Sequence[CreditorRow]) -> list[_Look]:
    """Colour and marker of each row."""
    rules, programs = count(), count()
    found = []
    for row in rows:
        if row.kind == "oracle":
            found.append(_Look(_ORACLE_COLOUR, "*", 13))
        elif row.kind == "baseline":
            found.append(_Look(_RULE_COLOUR, _RULE_MARKERS[next(rules) % len(_RULE_MARKERS)], 6))
        else:
            number = next(programs)
            size = max(4.0, _LARGEST - _SMALLER * number)
            found.append(_Look(_COLOURS[number % len(_COLOURS)], _MARKERS[number % len(_MARKERS)], size))
    return found
