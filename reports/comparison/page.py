"""The report on a comparison: one HTML page that needs neither a network nor scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from metrics.scorecard import INDICES, METRICS
from plumbing.errors import UserError
from plumbing.plotting import missing
from programs.artifacts.diff import ArtifactDiff
from programs.comparison.comparison_text import setting_sentence
from programs.comparison.looks import Looks
from programs.comparison.paired import Comparison
from programs.models.accounts import Cost
from programs.playing.evaluate import Evaluation
from reports.comparison import sections
from reports.comparison.chats import clean
from reports.comparison.numbers import Numbers, written
from reports.comparison.plots import ENDING_LOOKS
from reports.comparison.svg import looks as program_looks

TEMPLATE = "page.html.j2"


def render(
    comparison: Comparison,
    evaluations: Sequence[Evaluation],
    *,
    diffs: Sequence[ArtifactDiff] = (),
    looks: Looks | None = None,
    costs: Mapping[str, Cost] | None = None,
    created: str = "",
) -> str:
    """The page about `comparison`; the same arguments give the same bytes.

    Every figure of the comparison carries `data-key`, its place in the comparison's JSON, and `data-value`, its JSON.

    Args:
        comparison: the result.
        evaluations: of its programs, in its order.
        diffs: what changed between the artifacts compared.
        looks: how often these held-out debtors have been looked at; None where they are not held out.
        costs: by program label, what playing cost; programs without an entry cost nothing that is known.
        created: when, for the foot of the page.

    Raises:
        UserError: the extra `report` is not installed, or the evaluations are not those of the comparison.
    """
    templates = environment()
    if len(evaluations) != len(comparison.programs):
        raise UserError(
            f"the comparison has {len(comparison.programs)} programs, but {len(evaluations)} evaluations were given; "
            "give one for each, in the same order"
        )
    dressed = program_looks([program.label for program in comparison.programs])
    return str(
        templates.get_template(TEMPLATE).render(
            comparison=comparison,
            setting=setting_sentence(comparison),
            n=Numbers(comparison.model_dump(mode="json")),
            metrics=METRICS,
            indices=INDICES,
            programs=dressed,
            pairs=sections.pairs(comparison, evaluations),
            ending_looks=ENDING_LOOKS,
            overview=sections.overview(comparison, evaluations, dressed),
            diffs=diffs,
            looks=looks,
            costs=costs,
            created=created,
        )
    )


def environment() -> Any:
    """Where the templates are filled.

    Raises:
        UserError: the extra `report` is not installed.
    """
    try:
        import jinja2
        import matplotlib  # noqa: F401  (found missing before anything is computed)
    except ImportError as error:
        raise missing(error) from error
    return _made(jinja2)


@lru_cache(maxsize=1)
def _made(jinja2: Any) -> Any:
    """The environment, once a process: compiling the templates takes longer than filling them."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("reports.comparison"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["written"] = written
    made.filters["clean"] = clean
    return made
