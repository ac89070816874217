"""How what was noticed and understood compares with labels: a confusion table, shares, and their intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from app.screen.creditors import ScreenedWords
from app.screen.debtors import SILENT, ScreenedMessage
from app.screen.expected import OUTCOMES, Expected
from data.messages.labels import Severity

GRADES = tuple(one.value for one in Severity)


@dataclass(frozen=True)
class Share:
    """How many of those that a label is about."""

    name: str
    hits: int
    of: int

    def __str__(self) -> str:
        if not self.of:
            return "no line says"
        low, high = wilson(self.hits, self.of)
        return f"{self.hits} of {self.of}, {self.hits / self.of:.1%} (95 % interval {low:.1%} to {high:.1%})"


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    found = binomtest(hits, of).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def message_shares(pairs: Sequence[tuple[ScreenedMessage, Expected]]) -> list[Share]:
    """What was missed, silenced without cause, made a term that nobody offered, or asked where nothing was to ask."""
    must = [found for found, right in pairs if right.must_silence]
    may_not = [found for found, right in pairs if right.may_not_silence]
    of_terms = [(found, right) for found, right in pairs if right.terms is not None]
    talking = [found for found, right in pairs if right.only_talks]
    offering = [(found, right) for found, right in of_terms if right.terms or right.converted]
    return [
        _share("signals missed", (found.outcome not in SILENT for found in must)),
        _share("  of all, asked about instead", (_asked(found) for found in must)),
        _share("silenced without cause", (found.outcome in SILENT for found in may_not)),
        _share("terms that nobody offered", (bool(wrong_terms(*one)) for one in of_terms)),
        _share("terms right or asked back", (_right_or_asked(*one) for one in offering)),
        _share("asked without need", (found.asks_back is not None for found in talking)),
    ]


def words_shares(pairs: Sequence[tuple[ScreenedWords, frozenset[str]]]) -> list[Share]:
    """What of improper words was noticed, and of harmless ones called hard."""
    improper = [found.worst for found, right in pairs if "ok" not in right]
    harmless = [found.worst for found, right in pairs if right == {"ok"}]
    return [
        _share("improper words noticed", (worst != "ok" for worst in improper)),
        _share("harmless words called hard", (worst == "hard" for worst in harmless)),
        _share("harmless words called soft", (worst == "soft" for worst in harmless)),
    ]


def wrong_terms(found: ScreenedMessage, right: Expected) -> dict[str, float]:
    """The terms that stand and that the message does not offer."""
    named = found.understood.move.named if found.understood else {}
    allowed = right.terms or {}
    return {d: v for d, v in named.items() if allowed.get(d) != v and (d in allowed or d not in right.converted)}


def tell_messages(console: Console, pairs: Sequence[tuple[ScreenedMessage, Expected]]) -> None:
    """Print the confusion of outcomes, and what was missed by topic."""
    judged = [(right.name, found.outcome) for found, right in pairs if right.outcomes is not None]
    if judged:
        console.print(_confusion("wanted", judged, OUTCOMES))
    by_topic = Table("topic", "lines", "missed", "silenced without cause", "terms nobody offered", "asked back")
    for topic in sorted({right.topic for _, right in pairs} - {""}):
        of = [(found, right) for found, right in pairs if right.topic == topic]
        counts = (
            sum(right.must_silence and found.outcome not in SILENT for found, right in of),
            sum(right.may_not_silence and found.outcome in SILENT for found, right in of),
            sum(right.terms is not None and bool(wrong_terms(found, right)) for found, right in of),
            sum(found.asks_back is not None for found, _ in of),
        )
        by_topic.add_row(topic, str(len(of)), *map(str, counts))
    if by_topic.row_count:
        console.print(by_topic)
    _tell(console, message_shares(pairs))


def tell_words(console: Console, pairs: Sequence[tuple[ScreenedWords, frozenset[str]]]) -> None:
    """Print the confusion of grades."""
    judged = [(" or ".join(one for one in GRADES if one in right), found.worst) for found, right in pairs]
    console.print(_confusion("wanted", judged, GRADES))
    _tell(console, words_shares(pairs))


def _confusion(title: str, judged: Iterable[tuple[str, str]], columns: Sequence[str]) -> Table:
    counts = Counter(judged)
    table = Table(title, *columns, "lines")
    for wanted in sorted({wanted for wanted, _ in counts}):
        row = [counts[wanted, one] for one in columns]
        table.add_row(wanted, *(str(number) if number else "" for number in row), str(sum(row)))
    return table


def _tell(console: Console, shares: Iterable[Share]) -> None:
    for one in shares:
        console.print(f"{one.name}: {one}", markup=False, highlight=False, soft_wrap=True)


def _share(name: str, hits: Iterable[bool]) -> Share:
    found = list(hits)
    return Share(name, sum(found), len(found))


def _asked(found: ScreenedMessage) -> bool:
    return found.outcome not in SILENT and any(one.asks for one in found.signals)


def _right_or_asked(found: ScreenedMessage, right: Expected) -> bool:
    if found.asks_back is not None:
        return True
    named = found.understood.move.named if found.understood else {}
    whole = set(right.terms or {}) | right.converted
    return set(named) == whole and not wrong_terms(found, right)
