"""The second kind: a program reads a debtor's message, and what comes of it is held against the labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import dspy
from typing_extensions import override

from data.book.split import MEASURED_ON
from data.messages.book import MessageBook, MessageCase, read_message_book
from data.messages.labels import gravest_first
from data.messages.message import DebtorMessage
from metrics.reading.costs import default_costs
from metrics.reading.record import ReadRecord
from metrics.reading.scoring import (
    NOTED,
    READING_INDICES,
    READING_METRICS,
    READING_VERSION,
    ReadingCard,
    score_readings,
)
from metrics.reading.told import told_of_reading
from programs.kinds.kind import CallSizes, Kind, KindWords, LabelledCall, Shown, Span
from programs.reader.message_parts import message_parts
from programs.reader_program import NOTICES, READS, ReaderProgram, ReaderSettings, inputs_of, right_answers
from signatures.instruction import ProposeReadingInstruction
from signatures.reading import NAMES

SHORT = 60
"""Characters of a message that is as good to show as any; longer ones are read again in every prompt."""
LONGEST_SHOWN = 200
"""Characters of a message that is shown at all."""
GUIDANCE = (
    "The assistant reads another person's message each time. Write rules that hold for all of them: no wording of a "
    "particular message. Say what gives notice of each signal and what only looks like it, and what is no term of an "
    "offer: past things, another debt, other people, reported speech, a refusal. Keep the rules of the instruction "
    "that the feedback does not speak against, and keep it short; it is read again in every call."
)


class ReadingKind(Kind):
    """Programs that read messages (`programs.reader`)."""

    name = "reading"
    words = KindWords(example="message", record="reading")
    programs = ("reader",)
    program_class = ReaderProgram
    settings_class = ReaderSettings
    record_class = ReadRecord
    metrics = READING_METRICS
    indices = READING_INDICES
    metric_version = READING_VERSION
    measured_on = (*MEASURED_ON, "fresh")
    pool = 30_000
    has_labels = True
    code = ("programs.reader_program",)
    margins: ClassVar = {
        "MISS": 0.05,
        "INVENT": 0.01,
        "SILENCE": 0.02,
        "RIGHT": 0.05,
        "ASK": 0.05,
        "NOTE": 0.05,
        "objective": 0.02,
    }
    guidance = GUIDANCE
    presets: ClassVar = {
        "quick": {
            "train": 30,
            "val": 20,
            "max_demos": 4,
            "candidates": 2,
            "trials": 3,
            "simba_batch": 15,
        },
        "standard": {
            "train": 80,
            "val": 60,
            "max_demos": 6,
            "candidates": 3,
            "trials": 6,
            "simba_steps": 4,
            "simba_batch": 20,
        },
        "thorough": {
            "train": 400,
            "val": 300,
            "max_demos": 12,
            "candidates": 8,
            "trials": 24,
            "simba_steps": 8,
            "simba_batch": 32,
        },
    }

    @property
    @override
    def weights_sha256(self) -> str:
        return default_costs().fingerprint

    @override
    def sizes(self, program: str) -> CallSizes:
        return CallSizes(
            calls=Span(2, 2.4),  # an answer that does not parse is asked for once more
            tokens_in=Span(500, 900),
            tokens_in_per_demo=150,
            tokens_out=Span(20, 80),
            new_tokens=Span(30, 150),
            embedded_seconds=Span(2, 6),
            predictors=2,
        )

    @override
    def book(self, path: Path | None) -> MessageBook:
        return read_message_book(path)

    @override
    def uncompiled(self, program: str, *, policy: Any, temperature: float | None, outside: Any) -> ReaderProgram:
        return ReaderProgram(ReaderSettings())

    @override
    def bare(self, settings: Any, outside: Any = None, of: type | None = None) -> ReaderProgram:
        made: ReaderProgram = (of or ReaderProgram)(settings)
        return made

    @property
    @override
    def proposal(self) -> type[dspy.Signature]:
        return ProposeReadingInstruction

    @override
    def score(self, records: Sequence[ReadRecord]) -> list[ReadingCard]:
        return score_readings(records)

    @override
    def feedback(self, record: ReadRecord, card: ReadingCard, predictor: str) -> str:
        return told_of_reading(record, card, NAMES, signals=predictor != READS, terms=predictor != NOTICES)

    @override
    def shown(self, record: ReadRecord, predictor: str) -> Shown:
        """Short messages, and those that were misread, come first.

        What to notice is shown by as many messages without a signal as with one, each signal and each intent about as
        often; what to read by every intent about as often.
        """
        message = record.case.message
        signals = gravest_first(message.signals)
        worth = SHORT / max(SHORT, len(message.text)) * (2 - self.score([record])[0].objective)
        if predictor == READS:
            return Shown(message.intent.value, message.language, worth)
        facet = signals[0].value if signals else f"{message.intent.value} {message.language}"
        return Shown(facet, "signal" if signals else "plain", worth)

    @override
    def labelled(self, case: MessageCase) -> list[LabelledCall]:
        """Of a short message, by its labels, what is noticed; and what is read, unless its signal silences anyway."""
        message = case.message
        if len(message.text) > LONGEST_SHOWN:
            return []
        given, right = inputs_of(case), right_answers(message)
        noticed = LabelledCall(NOTICES, self._about(message), {"message": given["message"]}, right[NOTICES])
        read = LabelledCall(READS, message.intent.value, given, right[READS])
        return [noticed] if set(message.signals) - NOTED else [noticed, read]

    @override
    def showing(self, program: ReaderProgram, most_demos: int) -> ReaderProgram:
        """It shows the nearest `most_demos`, however many there are."""
        return program.with_settings(ReaderSettings(nearest=most_demos))

    @staticmethod
    def _about(message: DebtorMessage) -> str:
        signals = gravest_first(message.signals)
        return signals[0].value if signals else "no signal"

    @override
    def traits(self, case: MessageCase) -> dict[str, str]:
        message = case.message
        return {"intent": message.intent.value, "language": message.language, "signal": self._about(message)}

    @override
    def right_answers(self, case: MessageCase) -> dict[str, dict[str, Any]]:
        return right_answers(case.message)

    @override
    def told_by(self, case: MessageCase) -> tuple[str, str]:
        return "message", message_parts(case.message.text)[0]


READINGS = ReadingKind()
