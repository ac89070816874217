"""Edits of saved artifacts, and the sentence that refuses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plumbing.errors import UserError
from programs.artifacts.document import rendered, sealed
from programs.artifacts.store import load_program


def edit(path: Path, change, *, seal: bool = True) -> None:
    """Change the content of an artifact file; sealed again it has a right hash, as a newer program's would have."""
    content = json.loads(path.read_bytes())
    change(content)
    path.write_bytes(rendered(sealed(content) if seal else content))


def refusal(ref, root) -> str:
    with pytest.raises(UserError) as caught:
        load_program(ref, root=root)
    return str(caught.value)
