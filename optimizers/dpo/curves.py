"""The course of a training as a picture: loss, reward margin and accuracy, trained on and held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plumbing.plotting import BLUE, VERMILLION, panels

SHOWN = (
    ("loss", "loss", "nats"),
    ("rewards/margins", "reward margin", "chosen less rejected, beta x nats"),
    ("rewards/accuracies", "accuracy", "share of pairs with the chosen one ahead"),
)
"""TRL's names, and what they are."""
PANEL_INCHES = (3.2, 2.6)


def plotted(curve: Sequence[Mapping[str, float]]) -> str:
    """The curves as SVG.

    Raises:
        UserError: the extra `report` is not installed.
    """
    with panels(1, len(SHOWN), PANEL_INCHES) as (axes, done):
        for axis, (name, title, unit) in zip(axes, SHOWN, strict=True):
            for prefix, label, style, colour in (
                ("", "trained on", "-", BLUE),
                ("eval_", "held out", "o--", VERMILLION),
            ):
                points = [(row["step"], row[prefix + name]) for row in curve if prefix + name in row]
                if points:
                    axis.plot(*zip(*points, strict=True), style, color=colour, label=label, markersize=4, linewidth=1.2)
            axis.set_title(title)
            axis.set_xlabel("step")
            axis.set_ylabel(unit)
        axes[0].legend(frameon=False)
    return done[0]
