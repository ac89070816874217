"""What is found of many pieces, each kind as people write it, and what of ordinary speech stays."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

pytest.importorskip("phonenumbers", reason="needs the extra app")

from app.privacy.personal_data import finder, plain
from app.privacy.redaction import Redaction
from data.messages.corpus import SHIPPED

HELDOUT = SHIPPED / "debtor-heldout.jsonl"
PIECES = tomllib.loads(Path(__file__).with_name("pieces.toml").read_text(encoding="utf-8"))


def hidden(name: str, currency: str, text: str) -> str:
    return Redaction(finder(name, currency), name).hidden(text)


def readable(pieces: list[tuple[str, str, str, list[str]]]) -> list[str]:
    """The texts of which something is left to read."""
    return [
        text
        for name, currency, text, parts in pieces
        if any(part.casefold() in hidden(name, currency, text).casefold() for part in parts)
    ]


def test_no_piece_is_readable():
    assert not readable(PIECES["hidden"])
    assert readable(PIECES["unseen"]) == ["three-oh-five 555 0148 is my number"]


@pytest.mark.parametrize(
    "name", ["Nguyen Loan", "Will May", "Grace Young", "Mark Price", "Chun Do", "He You", "My Van"]
)
def test_a_name_that_is_a_word_takes_nothing_out_of_what_others_write(name):
    find = finder(name, "USD")
    said = [plain(line) for line in (json.loads(one)["text"] for one in HELDOUT.read_text("utf-8").splitlines())]
    assert len(said) > 500
    assert not [text for text in said if any(one.kind == "NAME" for one in find(text))]


def test_ordinary_speech_stays():
    changed = [
        (text, found)
        for name, currency, text in PIECES["kept"]
        if (found := hidden(name, currency, text)) != plain(text)
    ]
    assert not changed
