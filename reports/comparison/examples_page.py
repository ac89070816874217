"""The report on a comparison on labelled examples: one HTML page that needs neither a network nor scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from programs.artifacts.diff import ArtifactDiff
from programs.comparison.examples.measured import MeasuredComparison
from programs.comparison.examples.measured_text import answer_words, setting_words
from programs.kinds.kind import Kind
from programs.playing.evaluate import Evaluation
from reports.comparison.page import environment

TEMPLATE = "examples.html.j2"
MOST_SHOWN = 60
"""Examples that came out differently, of each pair, the largest differences first."""


class Changed(NamedTuple):
    """An example that came out differently."""

    case_id: str
    before: float
    after: float
    told_before: str
    """The kind's feedback on either program."""
    told_after: str


def render_examples(
    kind: Kind,
    comparison: MeasuredComparison,
    evaluations: Sequence[Evaluation[Any, Any]],
    *,
    diffs: Sequence[ArtifactDiff] = (),
    created: str = "",
) -> str:
    """The page about `comparison`; the same arguments give the same bytes.

    Args:
        kind: of the programs.
        comparison: the result.
        evaluations: of its programs, in its order.
        diffs: what changed between the programs compared.
        created: when, for the foot of the page.

    Raises:
        UserError: the extra `report` is not installed.
    """
    baseline, *others = evaluations
    pairs = [
        {
            "pair": pair,
            "sentence": answer_words(kind, pair),
            "changed": sorted(
                _changed(kind, baseline, other), key=lambda one: (-abs(one.after - one.before), one.case_id)
            )[:MOST_SHOWN],
        }
        for pair, other in zip(comparison.pairs, others, strict=True)
    ]
    return str(
        environment()
        .get_template(TEMPLATE)
        .render(
            kind=kind,
            comparison=comparison,
            programs={one.label: one for one in comparison.programs},
            setting=setting_words(kind, comparison),
            pairs=pairs,
            diffs=diffs,
            created=created,
        )
    )


def _changed(kind: Kind, baseline: Evaluation[Any, Any], other: Evaluation[Any, Any]) -> Iterator[Changed]:
    """First trials whose objective differs."""
    old = {one.case_id: one for one in baseline.played if one.trial == 0 and one.scorecard is not None}
    for new in other.played:
        was = old.get(new.case_id)
        if was is None or new.trial or was.scorecard is None or new.scorecard is None:
            continue
        if new.scorecard.objective == was.scorecard.objective:
            continue
        told = [kind.feedback(one.negotiation, one.scorecard, "") for one in (was, new)]
        yield Changed(new.case_id, was.scorecard.objective, new.scorecard.objective, *told)
