"""A compile as a log: one JSON object a line, for machines that watch it (`--log-json FILE`)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import override

from optimizers.compile_config import CompileConfig
from optimizers.runs.ledger import LedgerLine
from optimizers.watching.watchers import RunWatcher
from plumbing.errors import UserError
from plumbing.files import append_line
from programs.artifacts.document import Artifact


class LogWatcher(RunWatcher):
    """Appends every event to a file. A line is one write: a kill tears the last one at most, and the next begins anew.

    Each line has `at` (UTC, ISO 8601), `event` and the event's fields; never the words of a negotiation.

    Args:
        path: the file; missing folders are made.

    Raises:
        UserError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open("ab").close()
        except OSError as error:
            raise UserError(f"the log {path} cannot be written ({error.strerror}); name another --log-json") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._write("broken_off", kind=type(error).__name__, sentence=str(error))

    @override
    def begun(self, run_id: str, config: CompileConfig) -> None:
        self._write("begun", run_id=run_id, config=config.model_dump(mode="json"))

    @override
    def phase(self, name: str, negotiations: int) -> None:
        self._write("phase", name=name, negotiations=negotiations)

    @override
    def played(self, line: LedgerLine, *, reused: bool) -> None:
        self._write("played", reused=reused, **line.model_dump(mode="json", exclude={"negotiation"}))

    @override
    def lost(self, case_id: str, failure: str) -> None:
        self._write("lost", case_id=case_id, failure=failure)

    @override
    def candidate(self, sha256: str, words: str, mean: float, debtors: int) -> None:
        self._write("candidate", sha256=sha256, words=words, mean=mean, debtors=debtors)

    @override
    def warned(self, sentence: str) -> None:
        self._write("warned", sentence=sentence)

    @override
    def finished(self, artifact: Artifact, halted: str | None) -> None:
        self._write("finished", artifact=artifact.reference, path=str(artifact.path), halted=halted)

    def _write(self, event: str, **fields: Any) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        append_line(self.path, json.dumps({"at": at, "event": event, **fields}).encode())
