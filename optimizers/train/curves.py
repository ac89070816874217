"""The course of a training as a picture: loss, margin and accuracy, trained on and held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plumbing.plotting import BLUE, VERMILLION, panels

SHOWN = (
    ("loss", "heldout_nats_a_token", "loss", "trained on; held out: nats a token of the chosen"),
    ("margin", "heldout_margin", "margin gained", "nats, chosen less rejected"),
    ("accuracy", "heldout_accuracy", "accuracy", "share of pairs whose margin grew"),
)
"""Of `loop.train`'s rows, and what they are."""
PANEL_INCHES = (3.2, 2.6)


def plotted(curve: Sequence[Mapping[str, float]]) -> str:
    """The curves as SVG.

    Raises:
        UserError: the extra `report` is not installed.
    """
    with panels(1, len(SHOWN), PANEL_INCHES) as (axes, done):
        for axis, (trained, heldout, title, unit) in zip(axes, SHOWN, strict=True):
            for name, label, style, colour in (
                (trained, "trained on", "-", BLUE),
                (heldout, "held out", "o--", VERMILLION),
            ):
                points = [(row["step"], row[name]) for row in curve if name in row]
                if points:
                    axis.plot(*zip(*points, strict=True), style, color=colour, label=label, markersize=4, linewidth=1.2)
            axis.set_title(title)
            axis.set_xlabel("step")
            axis.set_ylabel(unit)
        axes[0].legend(frameon=False)
    return done[0]
