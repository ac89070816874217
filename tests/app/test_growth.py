"""What reads a debtor's words takes no longer than their length accounts for: no message may stop the service.

What is measured is how time grows with length, not how long it takes, so that a busy machine changes nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from itertools import count
from typing import Any

import pytest

pytest.importorskip("phonenumbers", reason="needs the extra app")

from app.conduct.outgoing import checked
from app.conduct.own_words import Private
from app.conduct.profile import PROFILES, load_profile
from app.conduct.signals import noticed
from app.privacy.names import Names
from app.privacy.personal_data import finder, plain
from app.privacy.redaction import Redaction
from data.domain import Debt, Speaker
from data.policy import CreditorPolicy
from metrics.talk import conduct, disclosure, stated
from programs.reader.message_parts import message_parts
from programs.reader.readers import hear
from programs.reader.understood import NotClear
from programs.reader.yes_no import said_yes
from programs.table.runner import view
from screening.languages import other_language
from tests.worst_texts import COMMON, Piece, most_steps, pieces, worst_texts

READING = (
    "app.conduct", "app.privacy", "app.screen", "app.conversation", "screening", "programs.reader", "metrics.talk",
    "plumbing.plain_text", "programs.table.words",
)  # fmt: skip
"""Where patterns stand that a debtor's or a creditor's words go through."""
NOT_READING = ("fitting", "debtor_training", "creditor_training", "opinion_training")
SHORT, LONG = 1000, 4000
MOST = 9
"""Times as long for four times the length: 4 is linear, 16 quadratic."""
FEW_STEPS = 60
"""A pattern that reads no place of a text more often needs no trying."""
NOTICEABLE_S = 0.002
TRIES = 6
KNOWN = (
    "one hundred ", " 111", "A-", "24", "if not ", "1.1.", "behind ", "a@b.c ", "+49 1 ", "12/", "202.555.",
    "zebra at ", "O'Neill ", "anne-", "Loan ", "will loan ", "百分之", "五百", "4111 ", "GB82 ", "$1 ", "1,000,",
    "one, ", "Hello. ",
    "no no ", "2026-",
)  # fmt: skip
NAME = "Anne-Marie O'Neill Loan"
PRIVATE = Private.of(["You are a negotiator. The ladder is secret."], "I think of a number", [])
_salt = count()


def seconds(work: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    work(text)
    return time.thread_time() - began


def grows(work: Callable[[str], object], piece: Piece, tail: int) -> float:
    """How many times as long four times the length takes, the best of some tries; 1 where it takes no time."""
    best = {SHORT: float("inf"), LONG: float("inf")}
    for _ in range(TRIES):
        for chars in (SHORT, LONG):  # another text each time, since what was found in one is remembered
            text = f"{next(_salt)} {list(worst_texts(piece, chars))[tail]}"
            best[chars] = min(best[chars], seconds(work, text))
        if best[LONG] < NOTICEABLE_S or best[LONG] < MOST * best[SHORT]:
            return 1.0
    return best[LONG] / best[SHORT]


def patterns() -> dict[re.Pattern[str], str]:
    """Every pattern of those modules, of the profiles, of the rules of conduct, and of a debtor's name."""
    found: dict[re.Pattern[str], str] = {}
    for module in _modules():
        for name, value in vars(module).items():
            _collect(value, f"{module.__name__}.{name}", found)
    for name in sorted(path.stem for path in PROFILES.glob("*.toml")):
        rules = load_profile(name)
        _collect([one.patterns for one in (*rules.signals, *rules.words)], name, found)
    _collect([one.phrases for one in conduct.rules()], "conduct", found)
    _collect(disclosure._rules(), "disclosure", found)
    _collect([one for one, *_ in stated._patterns("USD")], "stated", found)
    _collect(Names(NAME)._run, "name", found)
    return found


def _modules() -> Iterator[Any]:
    for root in READING:
        module = importlib.import_module(root)
        yield module
        for one in pkgutil.walk_packages(getattr(module, "__path__", []), f"{root}."):
            if not one.name.endswith(NOT_READING):
                yield importlib.import_module(one.name)


def _collect(value: object, name: str, found: dict[re.Pattern[str], str], depth: int = 0) -> None:
    if isinstance(value, re.Pattern):
        found.setdefault(value, name)
    elif depth > 4:
        return
    elif isinstance(value, (tuple, list, set, frozenset)):
        for place, one in enumerate(value):
            _collect(one, f"{name}[{place}]", found, depth + 1)
    elif isinstance(value, dict):
        for key, one in value.items():
            _collect(one, f"{name}[{key}]", found, depth + 1)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            _collect(getattr(value, field.name), f"{name}.{field.name}", found, depth + 1)


@pytest.mark.parametrize(
    ("pattern", "steps"),
    [("ab?c", 1), ("(a{0,4}b){0,5}", 20), ("a|b{3}", 3), ("(?=a{2})b", 2), ("(?>a{7})", 7), ("x[a-z]+", float("inf"))],
)
def test_the_steps_of_a_pattern_are_counted(pattern, steps):
    assert most_steps(re.compile(pattern)) == steps


def test_a_quadratic_pattern_is_found():
    bad = re.compile(r"[a-z]+@")
    assert any(grows(bad.findall, piece, tail) > MOST for piece in pieces(bad) for tail in range(2))


@pytest.mark.slow
def test_no_pattern_takes_longer_than_a_text_is_long():
    found = {pattern: name for pattern, name in patterns().items() if most_steps(pattern) > FEW_STEPS}
    assert len(found) > 90
    slow = []
    for pattern, name in found.items():
        for piece in [*(("", one) for one in COMMON), *pieces(pattern)]:
            for tail, text in enumerate(worst_texts(piece, SHORT)):
                if seconds(pattern.findall, text) > NOTICEABLE_S / 10 and grows(pattern.findall, piece, tail) > MOST:
                    slow.append((name, piece, tail))
    assert not slow


def _heard(text: str) -> object:
    debt = Debt(product="loan", principal=600_000, outstanding=600_000, overdue_days=90, currency="EUR")
    try:
        return hear(text, None, view((), Speaker.DEBTOR, CreditorPolicy()), debt, date(2026, 11, 26))
    except NotClear as question:
        return question


READERS: dict[str, Callable[[str], object]] = {
    "noticed": lambda text: noticed(text, load_profile("us-reg-f")),
    "redacted": lambda text: Redaction(finder(NAME, "EUR"), NAME).hidden(text),
    "plain": plain,
    "heard": _heard,
    "said yes": said_yes,
    "in parts": message_parts,
    "its language": other_language,
    "a model's or an operator's": lambda text: checked(text, load_profile("us-reg-f"), first=False, private=PRIVATE),
}


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_no_reader_of_a_message_takes_longer_than_it_is_long(reader):
    READERS[reader]("what is read once is loaded")
    slow = [
        (one, round(ratio, 1)) for one in (*COMMON, *KNOWN) if (ratio := grows(READERS[reader], ("", one), 1)) > MOST
    ]
    assert not slow
