"""The reproduction table as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.markdown import NONE, bullets, code_line, number, p_value, span, table
from benchmarks.reproduce.reproduction import CreditorRow, PaperDifference, Reproduction, Section
from data.domain import Ending
from metrics.scorecard import METRICS

_TALK = ("DC", "DS", "DR", "SR", "RR", "QRD", "HRD", "CRD")
_HEALTH = ("L1D", "L2D", "L3D", "L4D", "ATV", "CRI", "DHI", "CCI", "objective", "regret", "over_concession")
_DECIMALS = {metric.id: {"days": 0, "rounds": 1}.get(metric.unit, 2) for metric in METRICS}
_NAMES = {"over_concession": "over-concession"}

_LEGEND = (
    "Each cell is the mean with its 95 % bootstrap interval. DC, DS, DR: dialogue completeness, soundness and rounds; "
    "SR, RR: success and recovery rate; QRD, HRD, CRD: days until 25 %, 50 % and all is recovered; L1D..L4D: the "
    "debtor's days in the four lowest asset tiers; ATV: asset tier variance; CRI, DHI, CCI: creditor's, debtor's and "
    "comprehensive index; regret: CCI of the oracle less CCI; over-concession: how far, in CRI, the agreed terms fall "
    "below the firmest that this debtor would have accepted and kept (agreements only, their number in brackets). "
    "The oracle knows the finances, holds no dialogue and need not be accepted; it maximises CCI, so it concedes CRI "
    "where that spares the debtor. Definitions: docs/metrics.md."
)
_QUESTIONS = {
    "over-concession": (
        "Does vanilla over-concede?",
        "Over-concession is compared where both agreed; CRI counts a negotiation without agreement as 0. Low CRI "
        "without more over-concession therefore means lost agreements, not too much given away.",
    ),
    "modules": ("What do planning and judging change?", "Over-concession is compared where both agreed."),
    "rules": (
        "Do programs beat rules?",
        "`rational` is what the programs that plan choose among, without any model. Over-concession is compared where "
        "both agreed.",
    ),
    "language": ("Does the language matter?", "The same debtors, spoken with in Chinese and in English."),
}


def markdown(found: Reproduction, plot: str) -> str:
    """The whole document.

    Args:
        found: the figures.
        plot: name of the plot's file beside it.
    """
    parts = [
        "# Reproduction: oracle, rules and uncompiled programs",
        *_head(found),
        f"![CRI, DHI and over-concession]({plot})",
    ]
    for one in found.sections:
        parts += _section(one)
    return "\n\n".join(parts)


def _head(found: Reproduction) -> list[str]:
    s = found.setting
    facts = (
        ("date", found.created),
        ("code", code_line(found.code, found.metric_version)),
        ("debtors", f"{s['debtors']} of the {s['split']} split of {s['book']} ({s['book_sha256'][:12]}), simulated"),
        ("seed", f"{s['seed']}, the same for every row; one negotiation per debtor and row"),
    )
    return [f"```\n{found.command}\n```", bullets(facts), _LEGEND]


def _section(one: Section) -> list[str]:
    parts = [f"## {one.title}"]
    if one.model:
        settings = ", ".join(f"{name} {value}" for name, value in one.model["settings"].items())
        parts.append(f"Model `{one.model['model']}` ({one.model['engine']}; {settings or 'default settings'}).")
    if one.notes:
        parts.append("\n".join(f"- note: {note}" for note in one.notes))
    if not one.rows:
        return parts
    n = len(one.case_ids)
    parts += [
        f"All rows: the same {n} debtors.",
        "### Conversation, recovery, efficiency",
        _means(one.rows, _TALK),
        "### Debtor's health, indices, regret",
        _means(one.rows, _HEALTH),
        "### Negotiations",
        _counts(one.rows),
        "Calls and seconds as they were when the negotiations were played. A cached call had been answered before: the "
        "row above had asked the same, or a stopped run had; it takes no time, so that seconds compare only roughly.",
    ]
    for question, (heading, reading) in _QUESTIONS.items():
        asked = [d for d in one.differences if d.question == question]
        if asked:
            parts += [f"### {heading}", reading, _in_words(asked), _differences(asked)]
    return parts


def _means(rows: Sequence[CreditorRow], measures: Sequence[str]) -> str:
    heading = ("", "n", *(_NAMES.get(name, name) for name in measures))
    return table(heading, ((row.label, str(row.scored), *(_cell(row, name) for name in measures)) for row in rows))


def _cell(row: CreditorRow, name: str) -> str:
    found = row.means.get(name)
    if found is None:
        return NONE
    decimals = _DECIMALS.get(name, 3)
    text = f"{number(found.mean, decimals)} {span(found, decimals)}".strip()
    return f"{text} ({found.n})" if name == "over_concession" else text


def _counts(rows: Sequence[CreditorRow]) -> str:
    endings = [ending for ending in Ending if ending is not Ending.INFRASTRUCTURE]
    names = tuple(ending.value.replace("_", " ") for ending in endings)
    heading = ("", "scored", "unscored", "to play", *names, "hard breaches", "model calls", "cached", "seconds each")
    return table(
        heading,
        (
            (
                row.label,
                *(str(count) for count in (row.scored, row.unscored, row.owed)),
                *(str(row.endings.get(ending.value, 0)) for ending in endings),
                str(row.hard_breaches),
                *_cost(row),
            )
            for row in rows
            if row.kind != "oracle"
        ),
    )


def _cost(row: CreditorRow) -> tuple[str, str, str]:
    cost = row.cost
    if cost is None:
        return "unknown", "unknown", "unknown"
    partly = f" (of {cost.known})" if cost.known < row.scored else ""
    seconds = cost.seconds / cost.known
    return f"{cost.calls}{partly}", f"{cost.cached_calls}{partly}", f"{seconds:.{1 if seconds >= 1 else 3}f}{partly}"


def _differences(asked: Sequence[PaperDifference]) -> str:
    heading = ("difference", "measure", "mean", "95 % interval", "n", "p", "p (Holm)")
    return table(
        heading,
        (
            (
                f"{d.program} − {d.baseline}",
                _NAMES.get(d.measure, d.measure),
                number(d.difference.mean, 3, "+"),
                span(d.difference, 3, "+") or NONE,
                str(d.difference.n),
                p_value(d.p),
                p_value(d.p_holm),
            )
            for d in asked
        ),
    )


def _in_words(asked: Sequence[PaperDifference]) -> str:
    """What may be said: a difference is shown when its interval and its corrected test both leave out 0."""
    shown = [d for d in asked if d.shown]
    lines = [
        f"- {d.program}'s {_NAMES.get(d.measure, d.measure)} is {'higher' if d.difference.mean > 0 else 'lower'} than "
        f"{d.baseline}'s by {number(abs(d.difference.mean))} (n = {d.difference.n}, "
        f"p = {p_value(d.p_holm)} after Holm)"
        for d in shown
    ]
    rest = len(asked) - len(shown)
    if rest:
        lines.append(f"- {rest} of {len(asked)} differences are not shown (interval or corrected test includes 0)")
    return "\n".join(lines)
