"""The first hour as a notebook: `python -m tests.docs.notebook` writes docs/first-hour.ipynb from docs/first-hour.md.

Each command is a cell, and what the page shows below it is the cell's output, so that neither can say what the other
does not.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.docs.walking import PAGE, Step, environment, steps

NOTEBOOK = PAGE.with_suffix(".ipynb")
_SHOWN = re.compile(r"^```text\n.*?^```\n", re.DOTALL | re.MULTILINE)
_CHANGES_FOLDER = re.compile(r"cd (\S+)")
FIRST = """import os

os.environ.pop("FORCE_COLOR", None)  # else commands draw their tables for a terminal
%cd -q .."""
"""The first cell: commands are run from the project's folder, and a notebook starts in its own."""


def notebook(page: Path = PAGE) -> Any:
    """The page as a notebook."""
    import jupytext
    from nbformat import v4

    text = page.read_text(encoding="utf-8")
    found = jupytext.reads(_SHOWN.sub("", text), "md")
    walked = iter(steps(page))
    cells = [v4.new_code_cell(FIRST)]
    for cell in found.cells:
        cells.append(_code(next(walked)) if cell.cell_type == "code" else v4.new_markdown_cell(cell.source))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02d}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def source_of(step: Step) -> str:
    """What stands in a step's cell; a shell of its own would forget the folder that it went into."""
    if changes := _CHANGES_FOLDER.fullmatch(step.command):
        return f"%cd -q {changes[1]}"
    return f"%%bash\nexec 2>&1\n{step.command}"


def _code(step: Step) -> Any:
    from nbformat import v4

    outputs = [v4.new_output("stream", name="stdout", text=step.shown)] if step.shown else []
    return v4.new_code_cell(source_of(step), outputs=outputs)


def written() -> str:
    """The notebook as its file holds it."""
    import nbformat

    return f"{nbformat.writes(notebook(), indent=1)}\n"


def executed(folder: Path, replaced: dict[str, str]) -> list[str]:
    """Run the notebook in this folder; what each step prints.

    Args:
        folder: where the notebook would lie.
        replaced: what is written otherwise in commands, and back in what they print.
    """
    from nbclient import NotebookClient

    made = notebook()
    for cell in made.cells:
        for old, new in replaced.items():
            cell.source = cell.source.replace(old, new)
    NotebookClient(made, timeout=1200, resources={"metadata": {"path": str(folder)}}).execute(env=environment())
    told = ["".join(one.get("text", "") for one in cell.outputs) for cell in made.cells if cell.cell_type == "code"]
    for old, new in replaced.items():
        told = [text.replace(new, old) for text in told]
    return told[1:]  # the first cell is no step


if __name__ == "__main__":
    NOTEBOOK.write_text(written(), encoding="utf-8")
