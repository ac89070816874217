"""A compile on an MLflow tracking server (`--mlflow URI`, extra `mlflow`): settings, candidates, the artifact.

Whatever the server does, the compile goes on: a thread of its own sends, and the first failure ends the tracking with
one warning.
"""

from __future__ import annotations

import logging
import os
import queue
import re
import textwrap
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from typing_extensions import override

from optimizers.compile_config import CompileConfig
from optimizers.runs.folder import flat
from optimizers.watching.watchers import RunWatcher
from plumbing.errors import UserError
from programs.artifacts.document import Artifact

LAST_WORDS_S = 30.0
"""How long the end of a compile waits for what is still to be sent."""
RUN_TAG = "maden.run_id"
CANDIDATE_TAG = "candidate."
HALTED_TAG = "halted"
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
"""MLflow's own defaults report usage to its makers, and wait minutes for a server that is down."""
LONGEST_VALUE = 500
"""Characters of a parameter or tag that every server takes."""
LONGEST_REASON = 160


class MlflowWatcher(RunWatcher):
    """Sends a compile to an MLflow server; a resumed run goes on in the same MLflow run.

    Args:
        uri: of the server, or `sqlite:///FILE`.

    Raises:
        UserError: MLflow is not installed, or cannot make anything of the URI.
    """

    def __init__(self, uri: str) -> None:
        super().__init__()
        self._client, self._name = _client(uri), f"MLflow at {_without_login(uri)}"
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._sender = threading.Thread(target=self._send, name="mlflow", daemon=True)
        self._sender.start()
        self._run = ""
        self._known: set[str] = set()
        """Candidates that the server has, by the value of their tag."""
        self._ended = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._ended:
            self._jobs.put(lambda: self._client.set_terminated(self._run, "FAILED"))
        self._jobs.put(None)
        self._sender.join(LAST_WORDS_S)
        if self._sender.is_alive():
            self.warn(f"{self._name} did not take everything in {LAST_WORDS_S:.0f} s")

    @override
    def begun(self, run_id: str, config: CompileConfig) -> None:
        self._jobs.put(lambda: self._begin(run_id, config))

    @override
    def candidate(self, sha256: str, words: str, mean: float, debtors: int) -> None:
        words = f"{sha256[:12]} on {debtors} debtors: {words}"[:LONGEST_VALUE]
        self._jobs.put(lambda: self._measured(words, mean, debtors))

    @override
    def finished(self, artifact: Artifact, halted: str | None) -> None:
        self._ended = True
        self._jobs.put(lambda: self._end(artifact, halted))

    def _begin(self, run_id: str, config: CompileConfig) -> None:
        client, found = self._client, self._client.get_experiment_by_name(config.name)
        experiment = found.experiment_id if found else client.create_experiment(config.name)
        earlier = client.search_runs([experiment], filter_string=f"tags.`{RUN_TAG}` = '{run_id}'", max_results=1)
        if earlier:
            self._run = earlier[0].info.run_id
            self._known = {value for name, value in earlier[0].data.tags.items() if name.startswith(CANDIDATE_TAG)}
            client.update_run(self._run, "RUNNING")
            if HALTED_TAG in earlier[0].data.tags:
                client.delete_tag(self._run, HALTED_TAG)
            return
        self._run = client.create_run(experiment, run_name=run_id, tags={RUN_TAG: run_id}).info.run_id
        for name, value in flat(config.model_dump(mode="json")).items():
            client.log_param(self._run, name, str(value)[:LONGEST_VALUE])

    def _measured(self, words: str, mean: float, debtors: int) -> None:
        """Send a candidate, unless it was sent before the run was resumed."""
        if words in self._known:
            return
        self._known.add(words)
        step = len(self._known)
        self._client.log_metric(self._run, "objective", mean, step=step)
        self._client.log_metric(self._run, "debtors", debtors, step=step)
        self._client.set_tag(self._run, f"{CANDIDATE_TAG}{step:04d}", words)

    def _end(self, artifact: Artifact, halted: str | None) -> None:
        for which, scores in artifact.scores.items():
            for name, found in scores.estimates.items():
                if found.mean is not None:
                    self._client.log_metric(self._run, f"{which}.{name}", found.mean)
        self._client.set_tag(self._run, "artifact", artifact.reference)
        if halted is not None:
            self._client.set_tag(self._run, HALTED_TAG, halted[:LONGEST_VALUE])
        if artifact.path is not None:
            self._client.log_artifact(self._run, str(artifact.path))
        self._client.set_terminated(self._run, "FINISHED" if halted is None else "KILLED")

    def _send(self) -> None:
        """Work off what is to be sent; after a failure nothing more is."""
        broken = False
        while (job := self._jobs.get()) is not None:
            if broken:
                continue
            try:
                job()
            except Exception as error:
                broken = True
                reason = _without_login(textwrap.shorten(str(error) or type(error).__name__, LONGEST_REASON))
                self.warn(f"{self._name} failed ({reason}); the compile goes on without it")


def _without_login(text: str) -> str:
    """`text` without the user and password that addresses in it hold."""
    return re.sub(r"//[^/@\s]+@", "//", text)


def _client(uri: str) -> Any:
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise UserError('--mlflow needs the package mlflow-skinny; run pip install "maden[mlflow]"') from error
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    try:
        return MlflowClient(tracking_uri=uri)
    except Exception as error:  # MLflow's own, SQLAlchemy's, ...
        raise UserError(
            f"MLflow cannot use {_without_login(uri)} ({type(error).__name__}); "
            "name a server, http://HOST:PORT, or a file, sqlite:///FILE"
        ) from error
