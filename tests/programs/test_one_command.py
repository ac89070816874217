"""`maden`: the modules' commands under one name, imported when they are called."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

from plumbing import cli
from plumbing.errors import UserError
from plumbing.files import ROOT
from programs import __main__ as one
from tests.programs.command_line import command_of


def options(command: Any) -> dict[str, dict[str, Any]]:
    """What a command and each of its sub-commands takes, and how it is told."""
    every = {"": command} | dict(getattr(command, "commands", {}))
    return {
        name: {p.name: (p.opts, p.secondary_opts, p.required, p.default, p.help) for p in c.params} | {"says": c.help}
        for name, c in every.items()
    }


def run(monkeypatch: pytest.MonkeyPatch, *argv: str) -> int | None:
    monkeypatch.setattr(sys, "argv", ["maden", *argv])
    with pytest.raises(SystemExit) as ended:
        one.main()
    return ended.value.code


@pytest.mark.parametrize(("name", "entry"), one.ENTRIES.items(), ids=one.ENTRIES)
def test_every_command_is_its_modules(name, entry, monkeypatch, capsys):
    assert options(one.loaded(name)) == options(command_of(["-m", entry.module], monkeypatch))
    assert run(monkeypatch, name, "--help") in (0, None)
    assert f"Usage: maden {name} " in capsys.readouterr().out


def test_every_command_line_of_the_house_is_there():
    runs = re.compile(r"(?:cli\.run|cli\.run_app|run)\(.*, \"python -m ([\w.]+)\"\)")
    floors = ("app", "data", "screening", "metrics", "optimizers", "programs")
    found = {name for floor in floors for f in (ROOT / floor).rglob("*.py") for name in runs.findall(f.read_text())}
    assert found == {entry.module for entry in one.ENTRIES.values()}


def test_the_overview_imports_no_command():
    code = (
        "import sys; from programs.__main__ import overview; import typer; c = typer.main.get_command(overview()); "
        "c.get_help(c.make_context('maden', [], resilient_parsing=True)); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "programs.__main__" in done.stdout
    assert not {"dspy", "numpy", "pandas", "programs.compile"} & set(done.stdout.split())


def test_the_overview_names_every_command(monkeypatch, capsys):
    assert run(monkeypatch, "--help") in (0, None)
    told = capsys.readouterr().out
    assert [name for name, entry in one.ENTRIES.items() if not re.search(rf"\b{name} +{entry.says[:20]}", told)] == []


def test_a_missing_extra_is_one_sentence(monkeypatch, capsys):
    def missing(module: str) -> None:
        raise ModuleNotFoundError(f"No module named {module}", name="torch")

    monkeypatch.setattr(one.importlib, "import_module", missing)
    with pytest.raises(UserError, match=r"maden dpo needs torch.*pip install 'maden\[dpo\]'"):
        one.loaded("dpo")
    with pytest.raises(ModuleNotFoundError):
        one.loaded("score")


def test_a_mistake_ends_as_it_does_in_the_module(monkeypatch, capsys):
    assert run(monkeypatch, "book", "nowhere.csv") == cli.EXIT_USER_ERROR
    assert "no debtor book at nowhere.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "completed"), [("maden co", {"compile", "compare", "complete"}), ("maden artifacts pro", {"promote"}),
                             ("maden score --js", {"--json"})]
)  # fmt: skip
def test_the_shell_completes_commands_and_their_options(words, completed, monkeypatch, capsys):
    monkeypatch.setenv("_MADEN_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    assert run(monkeypatch) in (0, None)
    assert set(capsys.readouterr().out.split()) == completed
