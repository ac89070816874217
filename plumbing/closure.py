"""Which files a module comes to, and one hash of them all: what was kept under another hash was made by other code.

Followed is every import that can run, also one inside a function: it runs when it is needed. Not followed are imports
under `TYPE_CHECKING`, which never run, and the `__init__` of a package from which no name is taken: a program does the
same whatever that says. The files of a package of somebody else are not ours to hash; its version tells.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from plumbing.files import ROOT

FLOORS = frozenset(
    {"app", "plumbing", "wording", "data", "screening", "metrics", "signatures", "programs", "optimizers", "reports"}
)
"""Our packages: installed, they stand in one folder with everybody's."""


def hash_of(files: list[Path]) -> str:
    """One hash over names and contents."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def files_behind(*modules: str) -> list[Path]:
    """The files that `modules` are made of, sorted: theirs, those of all they import, and the data these name.

    Args:
        modules: dotted names.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imported(name)
    return sorted({file for name in found for file in (_source(name), *_data_of(name))})


def imported(module: str, *, types_too: bool = False) -> list[str]:
    """Our modules that `module` imports.

    Args:
        module: its dotted name.
        types_too: also what only the type checker reads.
    """
    return [name for node in _imports(_tree(module), types_too) for name in _named(node)]


def _imports(node: ast.AST, types_too: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and not types_too and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from (found for other in child.orelse for found in _imports(ast.Module([other], []), types_too))
        else:
            yield from _imports(child, types_too)


def _named(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Modules of ours: of `from a import b` the module `a.b`, or `a` where `b` is a name in it."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        names = [_module_of(node.module or "", alias.name) for alias in node.names]
    yield from (name for name in names if _is_ours(name))


def _module_of(package: str, name: str) -> str:
    inner = f"{package}.{name}"
    return inner if _is_ours(package) and _found(inner) is not None else package


def _is_ours(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] in FLOORS


def _source(module: str) -> Path:
    found = _found(module)
    if found is None:
        raise LookupError(f"there is no module {module} under {ROOT}")
    return found


def _found(module: str) -> Path | None:
    place = ROOT.joinpath(*module.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module).read_text(encoding="utf-8"))


def _data_of(module: str) -> Iterator[Path]:
    """Files, and all files of folders without code, that stand beside a module and that it names.

    A module finds them by its own `__file__`, so one that does not mention it names none.
    """
    nodes = list(ast.walk(_tree(module)))
    if not any(isinstance(node, ast.Name) and node.id == "__file__" for node in nodes):
        return
    words = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    beside = {entry.name: entry for entry in _source(module).parent.iterdir()}
    for name in words & beside.keys():
        inside = [beside[name]] if beside[name].is_file() else list(beside[name].rglob("*"))
        if not any(file.suffix == ".py" for file in inside):
            yield from (file for file in inside if file.is_file())
