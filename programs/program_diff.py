"""What differs between the programs of a comparison, whether they were saved or not."""

from __future__ import annotations

from collections.abc import Sequence

from programs.artifact_diff import ArtifactDiff, changes, predictor_diff
from programs.contestants import Contestant
from programs.fingerprints import program_state
from programs.maden import Maden


def program_diffs(found: Sequence[Contestant]) -> list[ArtifactDiff]:
    """Each program against the first one; rules and saved negotiations have no prompts and are left out."""
    first, *others = found
    if not isinstance(first.program, Maden):
        return []
    return [_diff(first, first.program, other, other.program) for other in others if isinstance(other.program, Maden)]


def _diff(a: Contestant, a_program: Maden, b: Contestant, b_program: Maden) -> ArtifactDiff:
    old, new = program_state(a_program), program_state(b_program)
    predictors = {name: predictor_diff(old.get(name), new.get(name)) for name in sorted({*old, *new})}
    return ArtifactDiff(
        a=a.label,
        b=b.label,
        same_program=a.fingerprint == b.fingerprint,
        settings=changes(a_program.settings.model_dump(mode="json"), b_program.settings.model_dump(mode="json")),
        predictors={name: found for name, found in predictors.items() if found is not None},
        scores=(),
        provenance=(),
        incomparable=(),
    )
