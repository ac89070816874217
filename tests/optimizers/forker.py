"""`python -m tests.optimizers.forker`: forks a compile per line of stdin, so that no kill costs seconds of imports.

A line is JSON: `argv` of `python -m programs.compile`, `log` (file for its output), and `die_at` (optional,
`module:function`): the compile kills itself, with the same SIGKILL, when it comes to that function.
It answers with the child's pid, and when the child ends with its exit status (negative: the signal).
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import dspy

from data import cli
from programs.compile import compile_
from programs.remote import litellm


def main() -> None:
    """Serve until stdin ends."""
    litellm()
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)  # nothing but the run's folder may help
    for line in sys.stdin:
        job = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _compile(job["argv"], job["log"], job.get("die_at"))
        print(json.dumps(pid), flush=True)
        _, status = os.waitpid(pid, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


def _compile(argv: Sequence[str], log: str, die_at: str | None) -> None:
    """In the child: as `python -m programs.compile argv...`; never returns."""
    os.setpgid(0, 0)
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (0, 1, 2):
        os.dup2(handle if stream else os.open(os.devnull, os.O_RDONLY), stream)
    if die_at is not None:
        module, _, function = die_at.partition(":")
        setattr(importlib.import_module(module), function, _die)
    sys.argv = ["python -m programs.compile", *argv]
    try:
        cli.run(compile_, "python -m programs.compile")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        os._exit(code)
    os._exit(0)


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
