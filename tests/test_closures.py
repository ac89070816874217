"""Which code decides a kept negotiation and a resumed compile: what is found by following imports, both ways."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import app.conversation.negotiations
from data import amounts, book, domain
from metrics import evaluator, feedback
from metrics.money import oracle, schedule, weights
from optimizers import preferences
from optimizers.compiling import compile_provenance, session
from optimizers.compiling.compile_provenance import compiling_files
from optimizers.proposals import echoes, library
from optimizers.proposals import instructions as proposer
from optimizers.spending import budget
from optimizers.strategies import gepa, search
from optimizers.strategies.search import stand_in
from plumbing import closure
from plumbing.closure import files_behind, hash_of, imported
from plumbing.files import ROOT
from programs import maden, negotiate
from programs.artifacts.playing_code import playing_files
from programs.audit import __main__ as audit
from programs.comparison import margins
from programs.comparison import paired as comparison
from programs.creditor import judge, ladder, seat
from programs.debtor import modelled as lm_debtor
from programs.debtor import personas
from programs.debtor import voice as phrasing
from programs.table import guard
from signatures import instruction, turn

PLAYS = (
    *(amounts, domain, schedule, weights, guard, judge, ladder, lm_debtor, maden, personas, phrasing, seat, turn),
    *(weights.WEIGHTS_FILE, personas.PERSONAS_FILE, phrasing.PHRASES_FOLDER / "zh.toml"),
)
PLAYS_NOT = (
    app.conversation.negotiations,
    audit,
    book,
    comparison,
    feedback,
    margins.MARGINS_FILE,
    negotiate,
    search,
    stand_in,
)
COMPILES = (
    *(
        echoes,
        evaluator,
        feedback,
        gepa,
        guard,
        library,
        library.FILE,
        oracle,
        proposer,
        proposer.FILE,
        schedule,
        search,
    ),
    stand_in,
)
COMPILES_NOT = (
    app.conversation.negotiations,
    audit,
    budget,
    comparison,
    compile_provenance,
    margins.MARGINS_FILE,
    preferences,
    session,
)


def files_of(modules: tuple[object, ...]) -> set[Path]:
    return {Path(getattr(module, "__file__", None) or str(module)) for module in modules}


def test_what_decides_a_negotiation():
    files = set(playing_files())
    assert files_of(PLAYS) <= files
    assert not files_of(PLAYS_NOT) & files


def test_what_decides_a_compile():
    files = set(compiling_files())
    assert files_of((*COMPILES, instruction)) <= files
    assert not files_of(COMPILES_NOT) & files


def test_nothing_is_loaded_that_was_not_found():
    loaded = (
        "import json, sys, programs.maden, programs.creditor.rules, programs.debtor.seating, optimizers.registry; "
        "print(json.dumps([m.__file__ for m in list(sys.modules.values()) if getattr(m, '__file__', None)]))"
    )
    done = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    files = {Path(file) for file in json.loads(done.stdout)}
    ours = {file for file in files if any(file.is_relative_to(ROOT / floor) for floor in closure.FLOORS)}
    assert len(ours) > 50
    found = {*playing_files(), *compiling_files()}
    assert [file for file in sorted(ours - found) if file.name != "__init__.py"] == []


def test_every_floor_is_followed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["tool"]["importlinter"]["root_packages"]) == closure.FLOORS


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small house of our own in place of the real one."""
    monkeypatch.setattr(closure, "ROOT", tmp_path)
    closure._tree.cache_clear()
    sources = {
        "data/start.py": "import os\nfrom data import near\nfrom metrics.room import Chair\nif 1:\n import app.top\n",
        "data/near.py": "def later():\n  from programs.late import thing\n",
        "data/__init__.py": "import app.never\n",
        "metrics/room/__init__.py": "from metrics.room.chair import Chair\n",
        "metrics/room/chair.py": "HERE = __file__, 'seat.toml', 'words', 'inner'\n",
        "metrics/room/seat.toml": "",
        "metrics/room/words/en.toml": "",
        "metrics/room/inner/more.py": "",
        "metrics/room/other.toml": "",
        "app/top.py": "if TYPE_CHECKING:\n  from app import never\nelse:\n  from app import other\n",
        "app/never.py": "",
        "app/other.py": "NAME = 'other.toml'\n",
        "app/other.toml": "",
        "programs/late.py": "thing = 1\n",
    }
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    yield tmp_path
    closure._tree.cache_clear()


def test_imports_are_followed_wherever_they_run(house):
    assert [file.relative_to(house).as_posix() for file in files_behind("data.start")] == [
        "app/other.py",
        "app/top.py",
        "data/near.py",
        "data/start.py",
        "metrics/room/__init__.py",
        "metrics/room/chair.py",
        "metrics/room/seat.toml",
        "metrics/room/words/en.toml",
        "programs/late.py",
    ]
    assert imported("app.top", types_too=True) == ["app.never", "app.other"]


def test_the_hash_is_of_names_and_contents(house):
    one, other = house / "app/never.py", house / "programs/late.py"
    hashes = {hash_of([one]), hash_of([one, other])}
    other.write_text("thing = 2\n")
    hashes.add(hash_of([one, other]))
    other.rename(house / "programs/later.py")
    hashes.add(hash_of([one, house / "programs/later.py"]))
    assert len(hashes) == 4


def test_an_unknown_module_is_none(house):
    with pytest.raises(LookupError, match=r"app\.nobody"):
        files_behind("app.nobody")
