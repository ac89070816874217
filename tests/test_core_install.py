"""What needs no extra runs where none is installed: of other people's packages it imports the dependencies alone."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from programs.__main__ import ENTRIES

ROOT = Path(__file__).resolve().parents[1]
REFUSING = """
import sys, json, importlib
hidden = set(json.loads(sys.argv[1]))
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in hidden:
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, Absent())
for module in sys.argv[2:]:
    importlib.import_module(module)
"""


def installed_without_extras() -> set[str]:
    """The distributions that come with the project alone, by their normal names."""
    found: set[str] = set()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting = [Requirement(one).name for one in project["dependencies"]]
    while waiting:
        name = waiting.pop().lower().replace("_", "-").replace(".", "-")
        if name in found:
            continue
        found.add(name)
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        for one in map(Requirement, needs):
            if one.marker is None or one.marker.evaluate({"extra": ""}):
                waiting.append(one.name)
    return found


def modules_of_extras() -> list[str]:
    """Top-level modules here that only an extra brings."""
    kept = {*installed_without_extras(), "maden"}
    owners = metadata.packages_distributions()
    names = {
        module: {one.lower().replace("_", "-").replace(".", "-") for one in dists} for module, dists in owners.items()
    }
    return sorted(module for module, dists in names.items() if not dists & kept)


@pytest.mark.slow
def test_commands_without_an_extra_import_nothing_that_only_an_extra_brings():
    commands = sorted({entry.command.partition(":")[0] for entry in ENTRIES.values() if not entry.extra})
    assert "programs.compare" in commands
    hidden = modules_of_extras()
    assert {"xllamacpp", "fastapi"} <= set(hidden)
    done = subprocess.run(
        [sys.executable, "-c", REFUSING, json.dumps(hidden), *commands],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
