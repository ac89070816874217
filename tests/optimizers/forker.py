"""`python -m tests.optimizers.forker`: forks compiles on demand, so that no kill costs seconds of imports.

A line of stdin is JSON: `argv` of `python -m programs.compile`, `env`, `log` (file for its output), and `die_at`
(optional, `module:function`): the compile kills itself, with the same SIGKILL, when it comes to that function.
A line of stdout is `[pid, null]` for a compile that began and `[pid, status]` for one that ended (negative: a signal).
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
from typing import Any

import dspy

from plumbing import cli
from programs.compile import compile_
from programs.models.remote import litellm

POLL_S = 0.005


def main() -> None:
    """Serve until stdin ends."""
    litellm()
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)  # nothing but the run's folder may help
    running: set[int] = set()
    while True:
        if select.select([sys.stdin], [], [], POLL_S if running else None)[0]:
            line = os.read(sys.stdin.fileno(), 1 << 16)  # one job at a time: whoever asks waits for its pid
            if not line:
                return
            running.add(_started(json.loads(line)))
        for pid in list(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                running.discard(pid)
                _say(pid, os.waitstatus_to_exitcode(status))


def _started(job: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _compile(job)
    _say(pid, None)
    return pid


def _say(pid: int, status: int | None) -> None:
    print(json.dumps([pid, status]), flush=True)


def _compile(job: dict[str, Any]) -> None:
    """In the child: as `python -m programs.compile argv...`; never returns."""
    os.setpgid(0, 0)
    os.environ.update(job["env"])
    handle = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (0, 1, 2):
        os.dup2(handle if stream else os.open(os.devnull, os.O_RDONLY), stream)
    if job["die_at"] is not None:
        module, _, function = job["die_at"].partition(":")
        setattr(importlib.import_module(module), function, _die)
    sys.argv = ["python -m programs.compile", *job["argv"]]
    try:
        cli.run(compile_, "python -m programs.compile")
    except SystemExit as end:
        sys.stdout.flush()
        os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))
    os._exit(0)


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
