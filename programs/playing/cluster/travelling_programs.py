"""Programs and models as bytes that a worker makes the same program and model of.

A program travels as what an artifact holds of it, kind, settings and state, so that a student which an optimiser
hung something on arrives as the plain program that it plays as. What is no program (a rule, a closure) is pickled.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cloudpickle
import dspy

from programs.creditor.fingerprints import program_state
from programs.kinds.known import KINDS, kind_of
from programs.playing.executor import Program


@dataclass(frozen=True)
class PackedProgram:
    """A program of a kind; made, it is called as `program(case=, seed=)`."""

    kind: str
    content: dict[str, Any]
    """`settings` and `state`."""
    outside: Any
    """What it meets that is no part of it: a negotiation's debtors."""

    def unpacked(self) -> Program:
        """The program."""
        kind = next(one for one in KINDS if one.name == self.kind)
        program: Program = kind.restored(self.content, self.outside)
        return program

    def made(self) -> Callable[[Any, int], Any]:
        """The program, as a function of case and seed that returns the record."""
        return _recording(self.unpacked())


@dataclass(frozen=True)
class PackedPlain:
    """Anything else that is called as a program is."""

    program: Program

    def unpacked(self) -> Program:
        """As `PackedProgram.unpacked`."""
        return self.program

    def made(self) -> Callable[[Any, int], Any]:
        """As `PackedProgram.made`."""
        return _recording(self.program)


@dataclass(frozen=True)
class PackedWork:
    """Work that is no program: whatever `work(case, seed)` returns is its result."""

    work: Callable[[Any, int], Any]

    def made(self) -> Callable[[Any, int], Any]:
        """The work."""
        return self.work


Packed = PackedProgram | PackedPlain | PackedWork


def _recording(program: Program) -> Callable[[Any, int], Any]:
    return lambda case, seed: program(case=case, seed=seed).negotiation


def packed(program: Program) -> PackedProgram | PackedPlain:
    """`program` as it travels, for what travels with a program inside."""
    if not isinstance(program, dspy.Module):
        return PackedPlain(program)
    settings: Any = getattr(program, "settings")  # noqa: B009  (every kind's program has it, dspy.Module does not)
    content = {"settings": settings.model_dump(mode="json"), "state": program_state(program)}
    return PackedProgram(kind_of(program).name, content, getattr(program, "debtors", None))


def packed_program(program: Program) -> bytes:
    """`program` as bytes.

    Raises:
        TypeError: it holds something that cannot leave this process, such as a lock.
    """
    return bytes(cloudpickle.dumps(packed(program)))


def packed_work(work: Callable[[Any, int], Any]) -> bytes:
    """`work` as bytes; raises as `packed_program` does."""
    return bytes(cloudpickle.dumps(PackedWork(work)))


def packed_lm(lm: dspy.LM) -> bytes:
    """A model's settings as bytes, without what it was asked here."""
    plain = copy.copy(lm)
    plain.history, plain.callbacks = [], []
    return bytes(cloudpickle.dumps(plain))
