"""`runs/<id>/summary.json`: what came of a run, for people, scripts, and whoever asks for it a second time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optimizers.compiling.artifact_figures import lasting
from optimizers.compiling.keeping import Kept
from optimizers.compiling.session import CompileOutcome
from optimizers.runs.folder import RunFolder
from optimizers.runs.ledger import Ledger, LedgerLine
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.artifacts.store import read_artifact
from programs.kinds.kind import Kind
from programs.kinds.known import kind_named
from programs.models.accounts import Cost
from programs.playing.evaluate import Evaluation, scored_evaluation


def write_summary(
    folder: RunFolder,
    outcome: CompileOutcome,
    costs: Mapping[str, Cost],
    session_seconds: Sequence[float],
    unscored: int,
) -> None:
    """Write what came of `outcome`, over the summary of an earlier, halted session.

    Args:
        folder: of the run.
        outcome: its artifact, and why it was halted if it was.
        costs: per role, of all sessions together.
        session_seconds: wall time of each session, the first one first.
        unscored: negotiations that infrastructure broke for good in this session.
    """
    artifact = outcome.artifact
    content = {
        "artifact": artifact.reference,
        "path": str(artifact.path.resolve()) if artifact.path else None,
        "content_sha256": artifact.content_sha256,
        "halted": {"reason": outcome.halted.reason, "sentence": str(outcome.halted)} if outcome.halted else None,
        "kept": outcome.kept.section() if outcome.kept else None,
        "programs": {"uncompiled": outcome.uncompiled_sha256, "compiled": artifact.program_sha256},
        "scores": {stage: scores.model_dump() for stage, scores in artifact.scores.items()},
        "cost": {role: lasting(cost) for role, cost in costs.items()},
        "session_seconds": [round(seconds, 3) for seconds in session_seconds],
        "coverage": {"scored": sum(1 for _ in Ledger(folder.ledger_path)), "unscored": unscored},
    }
    replace_file(folder.summary_path, json.dumps(content, indent=1).encode() + b"\n", durable=True)


def finished(folder: RunFolder) -> CompileOutcome | None:
    """What a run that came to its end has left; None if it did not, or its artifact is no longer there as it was."""
    try:
        content = json.loads(folder.summary_path.read_text())
        artifact = read_artifact(Path(content["path"]))
    except (FileNotFoundError, UserError):
        return None
    if content["halted"] is not None or artifact.content_sha256 != content["content_sha256"]:
        return None
    ids = set(artifact.provenance["split"]["val"]["ids"])
    lines = [line for line in Ledger(folder.ledger_path) if line.seed == folder.config.seed and line.case_id in ids]
    kind = kind_named(folder.config.program)
    before, after = (_evaluation(kind, lines, content["programs"][stage]) for stage in ("uncompiled", "compiled"))
    kept = Kept(**content["kept"]) if content.get("kept") else None
    return CompileOutcome(artifact, before, after, content["programs"]["uncompiled"], kept=kept)


def _evaluation(kind: Kind, lines: Sequence[LedgerLine], sha256: str) -> Evaluation[Any, Any]:
    """What the program of that fingerprint played."""
    negotiations = [kind.record(line.negotiation) for line in lines if line.candidate == sha256]
    return scored_evaluation(negotiations, [0] * len(negotiations), kind)
