"""Offers and look-alikes by two writers who had seen neither code nor messages (2026-11-27), read without a model.

They were looked at once, when what they showed was mended, so the floors keep what was reached and prove nothing new.
"""

from __future__ import annotations

from pathlib import Path

from data.messages.book import MessageCase
from data.messages.corpus import read_messages
from data.messages.message import DebtorMessage
from metrics.reading.scoring import score_readings
from programs.reader_program import outcome

MESSAGES = read_messages(Path(__file__).with_name("unseen_terms.jsonl"))


def test_offers_in_unexpected_words_are_mostly_understood_or_asked_about_and_nothing_is_made_up():
    assert all(isinstance(message, DebtorMessage) for message in MESSAGES)
    cases = [MessageCase(case_id=f"m-{number}", message=message) for number, message in enumerate(MESSAGES)]
    cards = score_readings([outcome(None, case) for case in cases])
    right = [card.RIGHT for card in cards if card.RIGHT is not None]
    assert len(cards) == 240
    assert len(right) == 150
    assert sum(right) > 131  # 132 with the opinions of the same evening; with the code of the day before 91
    assert sum(card.INVENT for card in cards) <= 3  # an acceptance, to be confirmed, and two sums beside a lost zero
