"""What tells one kind of program from another, for everything that compiles, saves, plays and compares programs.

A kind is a program, its examples, its metric, and how one example is played to a stored, scored record. A program of
any kind is called as `program(case=, seed=)` and returns a prediction whose `negotiation` is the record; a record has
`case` (with a `case_id`), `seed`, `ending` (`infrastructure` is nobody's score) and `failure`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

import dspy
from pydantic import BaseModel

from data.book.split import MEASURED_ON, SplitName
from metrics.scorecard import Metric
from plumbing.closure import files_behind, hash_of
from signatures.instruction import ProposeInstruction

INFRASTRUCTURE = "infrastructure"
"""The ending of a record that is nobody's score, in every kind."""


class Case(Protocol):
    """One example."""

    @property
    def case_id(self) -> str:
        """Its id, unique in its book."""
        ...

    def model_dump_json(self) -> str:
        """All of it, for keys."""
        ...


class Book(Protocol):
    """Examples in the parts of a split: train, val, heldout, perhaps more."""

    @property
    def source(self) -> str:
        """Where it was read from."""
        ...

    @property
    def name(self) -> str:
        """The same without folders."""
        ...

    @property
    def sha256(self) -> str:
        """Of the content."""
        ...

    def __len__(self) -> int: ...

    def split(self, name: Any) -> Sequence[Any]:
        """The examples of one part."""
        ...


class Span(NamedTuple):
    """From `low` to `high`."""

    low: float
    high: float


@dataclass(frozen=True)
class CallSizes:
    """What playing one example usually takes, for estimates."""

    calls: Span
    """Of the program's model."""
    tokens_in: Span
    """Of a call without demonstrations."""
    tokens_in_per_demo: int
    tokens_out: Span
    new_tokens: Span
    """Of a prompt, what an embedded model did not read in an earlier call."""
    embedded_seconds: Span
    """A call on two idle cores."""
    predictors: int
    """That instructions are proposed for."""


class Shown(NamedTuple):
    """What a played example would show as a demonstration."""

    facet: str
    """Demonstrations are chosen so that they cover the facets."""
    choice: str
    """A coarser division, whose parts take turns."""
    weight: float
    """How much it is worth to show it, 0 or more."""


class LabelledCall(NamedTuple):
    """A call that nobody needs to play to know its right answer."""

    predictor: str
    facet: str
    """What it is an example of, in a word."""
    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclass(frozen=True)
class KindWords:
    """How people are told of it."""

    example: str
    """What the program meets: a debtor, a message."""
    record: str
    """What is played: a negotiation, a reading."""

    def examples(self, number: int) -> str:
        """`1 debtor`, `6 debtors`."""
        return f"{number} {self.example}{'s' * (number != 1)}"


class Kind(ABC):
    """One kind of program."""

    name: ClassVar[str]
    words: ClassVar[KindWords]
    programs: ClassVar[tuple[str, ...]]
    """Its uncompiled programs, by their names on a command line."""
    program_class: ClassVar[type]
    settings_class: ClassVar[type[BaseModel]]
    record_class: ClassVar[type[BaseModel]]
    metrics: ClassVar[tuple[Metric, ...]]
    indices: ClassVar[tuple[Metric, ...]]
    """`objective` is the last of them."""
    metric_version: ClassVar[str]
    measured_on: ClassVar[tuple[str, ...]] = MEASURED_ON
    """Parts of a book that programs are compared on."""
    code: ClassVar[tuple[str, ...]]
    """The modules that decide how an example is played."""
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Sizes by preset, where those of negotiations do not fit: `train`, `val` and the strategies' knobs."""
    margins: ClassVar[Mapping[str, float]] = {}
    """The smallest difference that matters, by metric, where a comparison has no file of them."""
    guidance: ClassVar[str] = ""
    """What whoever writes an instruction is told of all examples; empty: what the strategy says."""
    pool: ClassVar[int] = 200
    """Training examples, drawn by the seed, for what costs no call. Of 200 negotiations a difference of 0.02 is two
    standard errors."""
    has_labels: ClassVar[bool] = False
    """Whether the right answers are known without playing (`labelled`), so that the whole pool may be shown."""
    takes: ClassVar[frozenset[str]] = frozenset()
    """Flags of the command line that mean something to it alone (`debtor`, `policy`, `stratify`, `temperature`)."""

    @property
    def measures(self) -> tuple[Metric, ...]:
        """Every metric and index, in the order of tables."""
        return (*self.metrics, *self.indices)

    @property
    def code_sha256(self) -> str:
        """Hash of the code that decides how an example is played: an older version's record is not this one's."""
        return code_behind(self.code)

    @property
    @abstractmethod
    def weights_sha256(self) -> str:
        """Of what the objective weighs its parts with."""

    @abstractmethod
    def sizes(self, program: str) -> CallSizes:
        """What one example takes with the uncompiled program of that name."""

    @abstractmethod
    def book(self, path: Path | None) -> Book:
        """The examples at `path`, the shipped ones for None.

        Raises:
            UserError: they cannot be read.
        """

    def sampled(self, path: Path | None, counts: Mapping[SplitName, int]) -> Book:
        """At most so many examples of each part, of a book that need not be held whole.

        A kind whose books are never that large reads all of it, and does not take the flag `stratify`.

        Raises:
            UserError: they cannot be read.
        """
        return self.book(path)

    @abstractmethod
    def uncompiled(self, program: str, *, policy: Any, temperature: float | None, outside: Any) -> Any:
        """The program of that name as it is before it is compiled.

        Args:
            program: one of `programs`.
            policy: limits, where the kind takes some.
            temperature: of its calls.
            outside: what the program meets that is no part of it, where the kind has such.
        """

    @abstractmethod
    def bare(self, settings: Any, outside: Any = None, of: type | None = None) -> Any:
        """A program with these settings, to load a state into; of a class made from `program_class` if one is named."""

    @abstractmethod
    def score(self, records: Sequence[Any]) -> list[Any]:
        """Cards of records that have a score, in their order: `case_id`, an attribute a measure, and `values()`."""

    @abstractmethod
    def feedback(self, record: Any, card: Any, predictor: str) -> str:
        """What the record cost and why, for whoever writes the instruction of `predictor`; no private figure."""

    def uncompiled_name(self, settings: Any) -> str:
        """The name of the uncompiled program with such settings."""
        return self.programs[0]

    @property
    def proposal(self) -> type[dspy.Signature]:
        """The contract by which search asks for a new instruction."""
        return ProposeInstruction

    def taught(self, predictors: Iterable[str]) -> list[str]:
        """Those of `predictors` that are given demonstrations, sorted."""
        return sorted(predictors)

    def most_demos(self, predictor: str, max_demos: int) -> int:
        """Of `predictor`, where the others are given so many at most."""
        return max_demos

    def shown(self, record: Any, predictor: str) -> Shown:
        """What the record's call of `predictor` would show as a demonstration."""
        return Shown(self.name, self.name, 1.0)

    def traits(self, case: Any) -> dict[str, str]:
        """By what a comparison slices the examples, and the example's value."""
        return {}

    def right_answers(self, case: Any) -> dict[str, dict[str, Any]]:
        """The outputs that each predictor should give, where the labels say; empty where nobody knows."""
        return {}

    def labelled(self, case: Any) -> list[LabelledCall]:
        """The calls of `case` that may be shown without being played; none where nobody knows what is right."""
        return []

    def showing(self, program: Any, most_demos: int) -> Any:
        """`program`, uncompiled, as it is when it may be shown `most_demos` demonstrations at once."""
        return program

    def told_by(self, case: Any) -> tuple[str, str]:
        """An input field of every call and what it holds for `case`: whose demonstration it is."""
        raise NotImplementedError

    def record(self, content: Mapping[str, Any]) -> Any:
        """The record in a stored line."""
        return self.record_class.model_validate(content)

    def unplayed(self, program: Any, case: Any, seed: int, failure: str) -> Any:
        """The record of what infrastructure kept from being played at all.

        Args:
            program: whose record it would have been.
            case, seed: as it would have been called.
            failure: why.
        """
        return self.record_class.model_validate(
            {"case": case, "seed": seed, "ending": INFRASTRUCTURE, "failure": failure}
        )

    def scored(self, records: Sequence[Any]) -> list[Any]:
        """A card for each record; None for one that infrastructure broke."""
        kept = [record for record in records if record.ending.value != INFRASTRUCTURE]
        cards = iter(self.score(kept) if kept else ())
        return [None if record.ending.value == INFRASTRUCTURE else next(cards) for record in records]

    def restored(self, content: Mapping[str, Any], outside: Any = None) -> Any:
        """The program of `settings` and `state`."""
        program = self.bare(self.settings_class.model_validate(content["settings"]), outside)
        program.load_state(content["state"])
        return program


@lru_cache(maxsize=8)
def code_behind(modules: tuple[str, ...]) -> str:
    """Hash of everything that `modules` come to (`plumbing.closure`)."""
    return hash_of(files_behind(*modules))
