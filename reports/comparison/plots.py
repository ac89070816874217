"""The plots of the page, each from plain numbers."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from metrics.scorecard import METRICS
from metrics.statistics.intervals import Interval
from plumbing.plotting import BLACK, BLUE, GREEN, ORANGE, SKY, VERMILLION, error_bars
from reports.comparison.concessions import ConcessionStep
from reports.comparison.forest_plot import Standardised
from reports.comparison.oracle_frontier import Frontier
from reports.comparison.svg import FAINT, INK, Look, drawn

GREY = "#999999"
ENDING_LOOKS = {
    "agreement": (BLUE, ""),
    "walked_away": (ORANGE, "///"),
    "round_limit": (SKY, "..."),
    "program_fault": (VERMILLION, "xxx"),
    "infrastructure": (GREY, "---"),
}
"""Colour and hatch of each ending, in the order of the bars."""

_VERDICT_LOOKS = {"better": (BLUE, "^"), "worse": (VERMILLION, "v"), "no difference": (GREEN, "s")}
"""Colour and marker of a difference; every other verdict is an open circle."""
_WIDEST = 3.0
"""Standard deviations to each side that the forest plot shows at most; what lies beyond is an arrow at the edge."""


def forest(name: str, rows: Sequence[Standardised], pair: str) -> str:
    """Differences with their intervals; each row's band is its equivalence margin."""
    reach = min(_WIDEST, 1.15 * max([0.2, *(abs(b) for row in rows for b in _shown(row) if isfinite(b))]))

    def draw(axis: Any) -> None:
        places = [number + (number >= len(METRICS)) * 0.6 for number in range(len(rows))]
        for place, row in zip(places, rows, strict=True):
            _forest_row(axis, place, row, reach)
        axis.axvline(0, color=INK, linewidth=0.9, zorder=1)
        axis.set_yticks(places, [_label(row) for row in rows], fontsize=10)
        axis.tick_params(axis="y", length=0)
        axis.invert_yaxis()
        axis.set(xlim=(-reach, reach), xlabel="standard deviations")
        for words, side in (("◂ worse", "left"), ("better ▸", "right")):
            axis.set_title(words, loc=side, fontsize=10)
        axis.grid(axis="x", color="#E3E3E3", linewidth=0.7)
        axis.set_axisbelow(True)
        axis.spines["left"].set_visible(False)

    words = f"Forest plot of {pair}: {', '.join(f'{row.metric.id} {row.found.verdict}' for row in rows)}."
    return drawn(name, words, 0.4 * len(rows) + 1.0, draw)


def _shown(row: Standardised) -> list[float]:
    return [bound for bound in (row.low, row.mean, row.high) if bound is not None]


def _label(row: Standardised) -> str:
    metric = row.metric
    words = metric.name.partition(" (")[0]
    star = "" if metric.better else "*"
    return textwrap.fill(f"{words}{star}" if metric.id == "objective" else f"{words} {metric.id}{star}", 24)


def _forest_row(axis: Any, place: float, row: Standardised, reach: float) -> None:
    if row.margin is not None and row.margin > 0:
        band = min(row.margin, reach)
        axis.barh(place, 2 * band, left=-band, height=0.72, color="#E8EEF2", zorder=0)
    known = row.metric.better is not None
    colour, marker = _VERDICT_LOOKS.get(row.found.verdict, (FAINT, "o")) if known else (FAINT, "d")
    if row.low is not None and row.high is not None:
        ends = np.clip([row.low, row.high], -reach, reach)
        axis.plot(ends, [place, place], color=colour, linewidth=1.8, solid_capstyle="butt", zorder=2)
    if abs(row.mean) > reach:
        marker = ">" if row.mean > 0 else "<"
    hollow = row.found.verdict not in _VERDICT_LOOKS
    at = float(np.clip(row.mean, -0.97 * reach, 0.97 * reach))
    face = "white" if hollow else colour
    axis.plot(at, place, marker, color=colour, markerfacecolor=face, markersize=6.5, clip_on=False, zorder=3)


def plane(
    name: str,
    looks: Sequence[Look],
    debtors: Sequence[Sequence[tuple[float, float]]],
    means: Sequence[tuple[Interval, Interval]],
    best: Frontier,
) -> str:
    """CRI against DHI: every debtor small, each program's mean large, the oracle's frontier as a line.

    Args:
        name: of the plot.
        looks: of the programs.
        debtors: for each program, (CRI, DHI) of every debtor.
        means: for each program, the intervals of CRI and DHI.
        best: what the oracle reaches.
    """

    def draw(axis: Any) -> None:
        _equal_cci(axis)
        for look, points in zip(looks, debtors, strict=True):
            x, y = zip(*points, strict=True)
            axis.plot(x, y, look.marker, color=look.colour, markersize=3.2, alpha=0.35, markeredgewidth=0, zorder=2)
        axis.plot(*zip(*(point[1:] for point in best.points), strict=True), color=BLACK, linewidth=1.6, zorder=3)
        cri, dhi, _ = best.best_means
        axis.plot(cri, dhi, "*", color=BLACK, markersize=14, markeredgecolor="white", zorder=4)
        for look, (cri_mean, dhi_mean) in zip(looks, means, strict=True):
            _mean(axis, look, cri_mean, dhi_mean)
        axis.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        axis.set(xlabel="CRI: recovery for the creditor", ylabel="DHI: health of the debtor")

    return drawn(name, "CRI against DHI of every debtor, the programs' means and the oracle's frontier.", 4.5, draw)


def _mean(axis: Any, look: Look, cri: Interval, dhi: Interval) -> None:
    axis.errorbar(
        cri.mean,
        dhi.mean,
        xerr=error_bars(cri.mean, cri.bounds),
        yerr=error_bars(dhi.mean, dhi.bounds),
        color=INK,
        marker=look.marker,
        markersize=11,
        markerfacecolor=look.colour,
        markeredgecolor="white",
        markeredgewidth=1.4,
        elinewidth=1.4,
        linestyle="none",
        zorder=5,
    )


def _equal_cci(axis: Any) -> None:
    """The lines of equal CCI, behind everything."""
    shares = np.linspace(0.005, 1.03, 80)
    for level in (0.2, 0.4, 0.6, 0.8):
        cri = shares[shares > level / 2 + 0.005]
        dhi = level * cri / (2 * cri - level)
        inside = dhi <= 1.03
        axis.plot(cri[inside], dhi[inside], color="#D0D0D0", linewidth=0.8, zorder=0)
        at = level / (2 - level)
        axis.annotate(f"CCI {level:g}", (1.03, at), color=FAINT, fontsize=9, ha="right", va="bottom", zorder=1)


def concessions(name: str, looks: Sequence[Look], curves: Sequence[Sequence[ConcessionStep]], oracle: float) -> str:
    """What stands for the creditor by round, one line a program, the oracle's terms as a level."""

    def draw(axis: Any) -> None:
        axis.axhline(oracle, color=BLACK, linestyle="--", linewidth=1.3, zorder=1)
        for look, curve in zip(looks, curves, strict=True):
            rounds, values = [step.round for step in curve], [step.value for step in curve]
            axis.plot(rounds, values, marker=look.marker, color=look.colour, linewidth=1.6, markersize=6, zorder=2)
        axis.set(ylim=(0, 1.03), xlabel="round", ylabel="worth of what stands (CRI if kept)")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(axis="y", color="#E3E3E3", linewidth=0.7)

    return drawn(name, "Worth of what stands for the creditor by round, against the oracle's terms.", 3.6, draw)


def endings(name: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    """A bar a program: the shares of its endings, which add up to 1."""

    def draw(axis: Any) -> None:
        for place, (label, found) in enumerate(counts.items()):
            _ending_bar(axis, place, found)
            axis.text(0, place - 0.36, textwrap.shorten(label, 60, placeholder=" ..."), va="bottom")
        axis.set(xlim=(0, 100), ylim=(len(counts) - 0.55, -0.85), xlabel="share of negotiations, %")
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)

    said = "; ".join(f"{label}: {', '.join(f'{n} {e}' for e, n in found.items())}" for label, found in counts.items())
    return drawn(name, f"Shares of endings. {said}.", 0.8 + 0.75 * len(counts), draw)


def _ending_bar(axis: Any, place: int, found: Mapping[str, int]) -> None:
    total, left = sum(found.values()), 0.0
    for ending, (colour, hatch) in ENDING_LOOKS.items():
        share = 100 * found.get(ending, 0) / max(1, total)
        axis.barh(place, share, left=left, height=0.6, color=colour, hatch=hatch, edgecolor="white", linewidth=0.8)
        if share >= 7:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
            axis.text(left + share / 2, place, f"{share:.0f}", ha="center", va="center", fontsize=10, bbox=box)
        left += share


def slices(name: str, groups: Mapping[str, Sequence[tuple[str, Interval, str]]], pair: str) -> str:
    """Objective differences of parts of the debtors.

    Args:
        name: of the plot.
        groups: by dimension, (value and its debtors in words, difference, verdict).
        pair: in words.
    """
    lines: list[tuple[str, Interval | None, str]] = []
    for dimension, rows in groups.items():
        lines += [(dimension, None, ""), *rows]

    def draw(axis: Any) -> None:
        for place, (_, gap, verdict) in enumerate(lines):
            if gap is not None:
                _slice_row(axis, place, gap, verdict)
        axis.axvline(0, color=INK, linewidth=0.9, zorder=1)
        axis.set_yticks(range(len(lines)), [label for label, _, _ in lines], fontsize=10)
        for label, (_, gap, _) in zip(axis.get_yticklabels(), lines, strict=True):
            label.set_fontweight("bold" if gap is None else "normal")
        axis.tick_params(axis="y", length=0)
        axis.invert_yaxis()
        axis.set_xlabel("difference of the objective")
        axis.grid(axis="x", color="#E3E3E3", linewidth=0.7)
        axis.spines["left"].set_visible(False)

    return drawn(name, f"Differences of the objective by slice, {pair}.", 0.9 + 0.29 * len(lines), draw)


def _slice_row(axis: Any, place: int, gap: Interval, verdict: str) -> None:
    colour, marker = _VERDICT_LOOKS.get(verdict, (FAINT, "o"))
    if gap.bounds is not None:
        axis.plot(gap.bounds, [place, place], color=colour, linewidth=1.8, zorder=2)
    face = colour if verdict in _VERDICT_LOOKS else "white"
    axis.plot(gap.mean, place, marker, color=colour, markerfacecolor=face, markersize=7, zorder=3)
