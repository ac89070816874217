"""The pick of a reply exchanged: the same JSON to the byte but for the letter and the result that it names."""

from __future__ import annotations

import json
import re

from pydantic import ValidationError

from signatures.options import Letter, OptionPick

_CHOICE = re.compile(r'("choice"\s*:\s*")[A-Z](")')
_RESULT = re.compile(r'("highest_result"\s*:\s*)-?\d+')


def read_pick(reply: str) -> OptionPick | None:
    """The pick that a reply holds; None where it is not plainly the JSON that was asked for."""
    try:
        return OptionPick.model_validate(json.loads(reply)["pick"])
    except (ValueError, ValidationError, KeyError, TypeError, RecursionError):
        return None


def repicked(reply: str, letter: Letter, highest_result: int) -> str | None:
    """`reply` with another pick in it; None where its JSON does not hold each field exactly once.

    Args:
        reply: as the student wrote it.
        letter: of the option that is picked instead.
        highest_result: what the pick rests on, as the menu has it.
    """
    text, letters = _CHOICE.subn(rf"\g<1>{letter}\g<2>", reply)
    text, results = _RESULT.subn(rf"\g<1>{highest_result}", text)
    return text if letters == results == 1 and read_pick(text) is not None else None
