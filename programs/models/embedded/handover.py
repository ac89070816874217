"""The state of a read prompt, handed from one loaded server to another of the same model.

The server's own way to save a slot writes a file. Here that file is memory without a name in any folder (a memfd) where
the system has such a thing, so that what a debtor said never lies on a disk and is gone with the process; elsewhere a
file in a folder that only this user can read, deleted at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import urllib.request
from pathlib import Path

from programs.models.embedded.loaded_server import LoadedServer

LONGEST_S = 20.0
"""Saving or taking in a state takes some hundredths of a second."""


class HandOver:
    """A place for one prompt's state; its `folder` goes into the settings of both servers."""

    def __init__(self) -> None:
        self._memory = os.memfd_create("maden-prompt") if hasattr(os, "memfd_create") else None
        self._folder = None if self._memory is not None else tempfile.TemporaryDirectory(prefix="maden-")

    @property
    def folder(self) -> str:
        """Where the servers look for the file, with a slash at its end."""
        return "/proc/self/fd/" if self._folder is None else f"{self._folder.name}/"

    @property
    def _name(self) -> str:
        return "state" if self._memory is None else str(self._memory)

    def carry(self, reader: LoadedServer, writer: LoadedServer) -> None:
        """Give `writer` what `reader` has read.

        Raises:
            OSError: one of them refused.
        """
        try:
            self._ask(reader, "save")
            self._ask(writer, "restore")
        finally:
            self._empty()

    def _ask(self, server: LoadedServer, action: str) -> None:
        request = urllib.request.Request(
            f"{server.address}/slots/0?action={action}",
            data=json.dumps({"filename": self._name}).encode(),
            headers={"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"},
        )
        # No proxy of the environment's: the server is in this process.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=LONGEST_S) as reply:
            reply.read()

    def _empty(self) -> None:
        if self._memory is not None:
            os.ftruncate(self._memory, 0)
        elif self._folder is not None:
            with contextlib.suppress(FileNotFoundError):
                (Path(self._folder.name) / self._name).unlink()
