"""The kinds by name: of a program on a command line, of a class in an artifact, of a program at hand."""

from __future__ import annotations

from typing import Any

from plumbing.errors import by_name
from programs.kinds.kind import Kind
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.kinds.reading_kind import READINGS

KINDS: tuple[Kind, ...] = (NEGOTIATIONS, READINGS)
PROGRAMS: dict[str, Kind] = {str(name): kind for kind in KINDS for name in kind.programs}
"""By the names that `--program` takes."""
CLASSES: dict[str, Kind] = {
    f"{kind.program_class.__module__}.{kind.program_class.__qualname__}": kind for kind in KINDS
}
"""By the only classes that an artifact may name: nothing is imported because a file says so."""


def kind_named(program: str) -> Kind:
    """The kind of the uncompiled program called `program`.

    Raises:
        UserError: there is none; names the nearest.
    """
    return by_name(program, PROGRAMS, f"there is no program called {program!r} to compile")


def kind_of(program: Any) -> Kind:
    """The kind of a program.

    Raises:
        TypeError: it is of none.
    """
    for kind in KINDS:
        if isinstance(program, kind.program_class):
            return kind
    raise TypeError(f"{type(program).__name__} is no program that can be compiled")


def class_name(kind: Kind) -> str:
    """How an artifact names the class of the kind's programs."""
    return next(name for name, other in CLASSES.items() if other is kind)
