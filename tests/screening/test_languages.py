"""Which messages are written in a language that is not spoken here."""

from __future__ import annotations

import pytest

from data.messages.corpus import debtor_messages
from data.messages.labels import SignalKind
from screening.languages import other_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Laissez-moi tranquille, je ne paie rien", "fr"),
        ("Ich möchte, dass mein Anwalt das regelt", "de"),
        ("Eu já paguei essa dívida há dois anos", "pt"),
        ("Proszę po polsku, nic nie rozumiem", "pl"),
        ("Я вас не понимаю, напишите по-русски", "ru"),
        ("Tôi không hiểu tiếng Anh", "vi"),
    ],
)
def test_another_language_is_named(text, language):
    assert other_language(text) == language


@pytest.mark.parametrize(
    "text", ["STOP", "ok", "plz stop msging me", "no tengo plata", "唔好再搵我", "Abeg no vex", "¿?", ""]
)
def test_short_sloppy_and_near_ones_are_not(text):
    assert other_language(text) is None


def test_hardly_a_message_in_a_spoken_language_is_taken_for_another():
    spoken = [one.text for one in debtor_messages("val") if SignalKind.LANGUAGE not in one.signals]
    assert sum(other_language(text) is not None for text in spoken) <= len(spoken) * 0.01
