"""The figures of the house itself: how large its rooms, files and functions are, and which names stand twice.

`python -m benchmarks.structure`. Production code only: the floors and the benchmarks, not the tests. Lines of a
function include its signature, docstring and comments.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also as `python benchmarks/structure.py`

from plumbing import cli
from plumbing.closure import FLOORS, imported
from plumbing.files import ROOT

DOORS = ("__init__", "__main__")
"""Stems that every folder may have."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class SourceFile:
    """One Python file and its syntax tree."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """Its length."""
        return len(self.text.splitlines())

    def functions(self) -> Iterator[Function]:
        """All of them, methods and inner ones included."""
        yield from (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def classes(self) -> Iterator[str]:
        """Names of all classes, inner ones included."""
        yield from (node.name for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))


def source_files(floors: Iterable[str] = (*FLOORS, "benchmarks")) -> list[SourceFile]:
    """Every Python file below `floors`."""
    paths = sorted(path for floor in floors for path in (ROOT / floor).rglob("*.py"))
    texts = [(path, path.read_text(encoding="utf-8")) for path in paths]
    return [SourceFile(path.relative_to(ROOT), text, ast.parse(text)) for path, text in texts]


def largest_folders(files: Iterable[SourceFile]) -> list[tuple[str, int]]:
    """Folders by their number of Python files, the largest first; `__init__` counts."""
    return Counter(file.path.parent.as_posix() for file in files).most_common()


def circles(files: Iterable[SourceFile]) -> list[str]:
    """Modules round one circle of imports, those for a type checker included; empty if there is none."""
    ours = [file for file in files if file.path.parts[0] in FLOORS]
    modules = [".".join(file.path.with_suffix("").parts).removesuffix(".__init__") for file in ours]
    try:
        TopologicalSorter({module: imported(module, types_too=True) for module in modules}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def annotated(functions: Iterable[Function]) -> tuple[int, int]:
    """Of all parameters and returns, (those with a type, all); `self` and `cls` need none."""
    every: list[ast.expr | None] = []
    for function in functions:
        a = function.args
        parameters = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
        every += [one.annotation for one in parameters if one.arg not in ("self", "cls")]
        every.append(function.returns)
    return sum(one is not None for one in every), len(every)


def stems_twice(files: Iterable[SourceFile]) -> dict[str, list[str]]:
    """File names that stand in several folders."""
    return _twice((file.path.stem, file.path.as_posix()) for file in files if file.path.stem not in DOORS)


def classes_twice(files: Iterable[SourceFile]) -> dict[str, list[str]]:
    """Class names that stand in several files."""
    return _twice((name, file.path.as_posix()) for file in files for name in set(file.classes()))


def _twice(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    places = defaultdict(list)
    for name, place in pairs:
        places[name].append(place)
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


def _sizes(name: str, sizes: list[int]) -> str:
    middle, high = np.percentile(sizes, [50, 90])
    return f"{name}: {len(sizes)}, median {middle:.0f} lines, p90 {high:.0f}, longest {max(sizes)}"


def main() -> None:
    """Print what the tree alone says of the code: sizes, circles, types, names that stand twice."""
    files = source_files()
    functions = [function for file in files for function in file.functions()]
    typed, every = annotated(functions)
    round_trip = circles(files)
    folders = ", ".join(f"{folder} {count}" for folder, count in largest_folders(files)[:6])
    print(_sizes("files", [file.lines for file in files]))
    print(_sizes("functions", [(one.end_lineno or one.lineno) - one.lineno + 1 for one in functions]))
    print(f"largest folders (Python files): {folders}")
    print(f"circles: {' -> '.join(round_trip) or 'none'}")
    print(f"annotated: {typed} of {every} parameters and returns ({100 * typed / every:.1f} %)")
    for what, found in (("stems", stems_twice(files)), ("class names", classes_twice(files))):
        print(f"{what} that stand twice: {len(found)}")
        for name, places in found.items():
            print(f"  {name}: {', '.join(places)}")


if __name__ == "__main__":
    cli.run(main, "python -m benchmarks.structure")
