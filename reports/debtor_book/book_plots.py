"""The plots of the debtor book's page, each from plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plumbing.plotting import BLACK, BLUE, SKY, VERMILLION, panels

REAL, BOOK, WARN, SOFT = BLACK, BLUE, VERMILLION, SKY
"""Real rows, synthetic rows, what is bad, what is in between; line styles and labels say the same again."""


def distributions(pairs: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> str:
    """Distribution functions of several columns, real and synthetic."""
    per_row = 3
    rows = -(-len(pairs) // per_row)
    with panels(rows, per_row, (3.2, 2.2)) as (axes, done):
        for axis, (name, (real, synthetic)) in zip(axes, pairs.items(), strict=False):
            for values, colour, dashes, label in ((real, REAL, "-", "real"), (synthetic, BOOK, "--", "synthetic")):
                known = np.sort(np.asarray(values, dtype=np.float64))
                known = known[~np.isnan(known)]
                axis.step(known, np.arange(1, len(known) + 1) / len(known), color=colour, linestyle=dashes, label=label)
            axis.set_title(name)
            axis.locator_params(axis="x", nbins=5)
            axis.set_xlim(right=float(np.nanquantile(np.concatenate([real, synthetic]), 0.99)))
        axes[0].legend(frameon=False, loc="lower right")
        axes[0].set_ylabel("share of rows up to")
        for axis in axes[len(pairs) :]:
            axis.set_visible(False)
    return done[0]


def matrix(values: NDArray[np.float64], names: Sequence[str]) -> str:
    """A square table of differences around 0, blue below and orange above."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("differences", [BOOK, "#FFFFFF", WARN])
    limit = max(0.1, float(np.abs(values).max()))
    size = 1.6 + 0.36 * len(names)
    with panels(1, 1, (size + 0.6, size)) as (axes, done):
        image = axes[0].imshow(values, cmap=colours, vmin=-limit, vmax=limit)
        axes[0].set_xticks(range(len(names)), names, rotation=60, ha="right")
        axes[0].set_yticks(range(len(names)), names)
        for row, column in np.ndindex(*values.shape):
            if row != column:
                axes[0].text(
                    column, row, f"{round(100 * float(values[row, column]))}", ha="center", va="center", fontsize=7
                )
        axes[0].figure.colorbar(image, ax=axes[0], shrink=0.7, label="synthetic − real")
    return done[0]


def histograms(groups: Mapping[str, Sequence[float]], title: str, unit: str, highest: float | None = None) -> str:
    """One or two distributions over each other, as outlines."""
    styles = ((BOOK, "-"), (REAL, "--"))
    everything = np.concatenate([np.asarray(values, dtype=np.float64) for values in groups.values()])
    edges = np.linspace(0, highest or float(everything.max()), 41)
    with panels(1, 1, (4.6, 2.6)) as (axes, done):
        for (name, values), (colour, dashes) in zip(groups.items(), styles, strict=False):
            weights = np.full(len(values), 1 / len(values))
            shown = np.minimum(np.asarray(values, dtype=np.float64), edges[-1])
            style = {"color": colour, "linestyle": dashes, "linewidth": 1.5, "label": name}
            axes[0].hist(shown, edges, weights=weights, histtype="step", **style)
        axes[0].set_title(title)
        axes[0].set_xlabel(unit)
        axes[0].set_ylabel("share")
        if len(groups) > 1:
            axes[0].legend(frameon=False)
    return done[0]


def shares(rows: Mapping[str, Sequence[float]], parts: Sequence[str]) -> str:
    """Stacked bars of shares that sum to 1, one bar a row."""
    looks = ((BOOK, ""), (SOFT, "///"), (WARN, "xxx"))
    with panels(1, 1, (6.6, 0.8 + 0.32 * len(rows))) as (axes, done):
        left = np.zeros(len(rows))
        for index, (part, (colour, hatch)) in enumerate(zip(parts, looks, strict=False)):
            lengths = np.array([values[index] for values in rows.values()])
            style: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "white", "label": part}
            axes[0].barh(list(rows), lengths, left=left, **style)
            left += lengths
        axes[0].invert_yaxis()
        axes[0].set_xlim(0, 1)
        axes[0].set_xlabel("share of debtors")
        axes[0].legend(frameon=False, loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=len(parts))
    return done[0]


def counts(groups: Mapping[str, Sequence[float]]) -> str:
    """How often each value occurs, one panel a group."""
    with panels(1, len(groups), (2.6, 2.2)) as (axes, done):
        for axis, (name, values) in zip(axes, groups.items(), strict=True):
            found, times = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
            axis.bar([f"{value:g}" for value in found], times / len(values), color=BOOK)
            axis.set_xticks(axis.get_xticks()[:: max(1, len(found) // 6)])
            axis.set_title(name)
        axes[0].set_ylabel("share of debtors")
    return done[0]
