"""Offers and look-alikes by two writers who had seen neither code nor messages (2026-11-27), read without a model.

They were looked at once, when what they showed was mended, so the floors keep what was reached and prove nothing new.
"""

from __future__ import annotations

from pathlib import Path

from data.amounts import minor_digits
from data.domain import MoveKind
from data.messages.book import MessageCase
from data.messages.corpus import OUTSTANDING, read_messages
from data.messages.message import DebtorMessage
from data.terms import PartialTerms
from metrics.reading.record import ReadRecord
from metrics.reading.scoring import score_readings
from programs.reader.understanding import understand
from programs.reader.understood import NotClear
from programs.reader_program import TABLE, TODAY

MESSAGES = read_messages(Path(__file__).with_name("unseen_terms.jsonl"))


def read(case: MessageCase) -> ReadRecord:
    message = case.message
    try:
        owed = OUTSTANDING * 10 ** minor_digits(message.currency)
        found = understand(message.text, None, TABLE, message.currency, owed, TODAY)
    except NotClear as question:
        return ReadRecord(case=case, seed=0, reading={}, asks_back=str(question))
    return ReadRecord(
        case=case,
        seed=0,
        reading={},
        terms=found.move.terms or PartialTerms(),
        accepts=found.move.kind is MoveKind.ACCEPT,
        leaves=found.leaves,
    )


def test_offers_in_unexpected_words_are_mostly_understood_or_asked_about_and_nothing_is_made_up():
    assert all(isinstance(message, DebtorMessage) for message in MESSAGES)
    cases = [MessageCase(case_id=f"m-{number}", message=message) for number, message in enumerate(MESSAGES)]
    cards = score_readings([read(case) for case in cases])
    right = [card.RIGHT for card in cards if card.RIGHT is not None]
    assert len(cards) == 240
    assert len(right) == 150
    assert sum(right) >= 129  # 132 when it was written; with the code of the day before 91
    assert sum(card.INVENT for card in cards) <= 3  # an acceptance, to be confirmed, and two sums beside a lost zero
