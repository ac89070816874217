"""One cleaner of invisible characters, and every place that must not let one pass."""

import sys
import unicodedata
from collections.abc import Callable

import pytest

from plumbing.plain_text import comparable, normalised, sentences, visible
from programs.table.transcript import plain as printed
from programs.table.words import heard

UNSEEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
EVERY = [chr(code) for code in range(sys.maxunicode + 1)]
INVISIBLE = [c for c in EVERY if unicodedata.category(c) in UNSEEN]
FORMAT = [c for c in INVISIBLE if unicodedata.category(c) == "Cf"]
FILLERS = ["\u034f", "\u115f", "\u1160", "\u17b4", "\u180b", "\u3164", "\ufe0f", "\uffa0", "\U000e0100"]
"""Letters and accents that show nothing."""
BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
FEW = [*(c for c in INVISIBLE if c < "\u0100" or c in BREAKS), *FORMAT, *FILLERS, "\ue000", "\uffff", "\U00100000"]


def signalled(text: str) -> str:
    """The words that a debtor's signal was seen in."""
    from app.conduct.profile import load_profile
    from app.conduct.signals import noticed

    return " ".join(one.excerpt for one in noticed(f"{text}, I want to speak to a human", load_profile()))


def left(text: str) -> str:
    """A model's own words as they leave the service."""
    from app.conduct.outgoing import checked
    from app.conduct.own_words import Private
    from app.conduct.profile import load_profile

    return checked(text, load_profile(), first=False, private=Private()).text


def searched(text: str) -> str:
    """What personal data is looked for in."""
    from app.privacy.personal_data import plain

    return plain(text)


PLACES: list[Callable[[str], str]] = [
    heard, comparable, normalised, lambda text: printed(text).plain, lambda text: " ".join(sentences(text)),
    left, searched,
]  # fmt: skip


@pytest.mark.parametrize("mark", BREAKS)
def test_a_break_of_any_kind_becomes_a_space_so_that_words_stay_two(mark):
    assert visible(f"pay{mark}now", keep_newlines=False) == "pay now"


def test_every_other_character_without_a_shape_is_gone():
    for mark in [*INVISIBLE, *FILLERS]:
        if mark not in BREAKS:
            assert visible(f"hu{mark}man", keep_newlines=False) == "human", hex(ord(mark))
            assert visible(f"hu{mark}man", keep_newlines=True) == "human", hex(ord(mark))


def test_what_can_be_seen_stays_and_so_do_the_spaces_of_all_widths():
    shown = [c for c in EVERY if unicodedata.category(c) not in UNSEEN]
    lost = {c for c in shown if not visible(c, keep_newlines=False)}
    assert set(FILLERS) <= lost
    assert all(unicodedata.category(c) in ("Mn", "Lo") for c in lost)
    assert len(lost) == 11 + 16 + 240
    assert all(visible(c, keep_newlines=False) == c for c in shown if c not in lost)


def test_line_breaks_and_tabs_stay_where_they_are_asked_for():
    assert visible("a\r\nb\n\tc\u200b\x1b", keep_newlines=True) == "a\nb\n\tc"
    assert visible("a\rb\u2028c\vd", keep_newlines=True) == "a b c d"


@pytest.mark.parametrize("place", PLACES)
def test_no_place_lets_pass_what_another_strips(place):
    kept = {mark for mark in FEW if mark in place(f"Hu{mark}man is what I am.")}
    assert kept <= set("\n\t")


def test_a_hidden_sign_hides_no_word_from_a_rule():
    for mark in FEW:
        if mark not in BREAKS:
            assert sentences(f"You are an id{mark}iot.") == ["you are an idiot."], hex(ord(mark))
            assert signalled(f"a hu{mark}man") == signalled("a human")
            assert searched(f"1381234{mark}5678") == "13812345678", hex(ord(mark))


def test_full_width_letters_and_curly_quotes_hide_no_word_either():
    assert comparable("ｌａｗｙｅｒ’s “it”") == 'lawyer\'s "it"'
    assert sentences("ＩＤＩＯＴ!") == ["idiot!"]
