"""Whose words they are: the creditor's people, the debtor, or somebody else such as a recording."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from data.domain import Speaker
from data.transcripts.call import Call, SpokenLine
from data.transcripts.column_names import names, plain_key, without_accents

Party = Speaker | Literal["other"]
_SIDES: Mapping[str, Party] = {"creditor": Speaker.CREDITOR, "debtor": Speaker.DEBTOR, "other": "other"}


@dataclass(frozen=True)
class Sides:
    """What the user says of the speakers' names."""

    creditor: tuple[str, ...] = ()
    debtor: tuple[str, ...] = ()

    def party(self, name: str) -> Party | None:
        """Whose name it is; None where nothing says so."""
        for side, named in ((Speaker.CREDITOR, self.creditor), (Speaker.DEBTOR, self.debtor)):
            if plain_key(name) in {plain_key(one) for one in named}:
                return side
        return party_of_name(name)


class WhoIsWho(ValueError):
    """Nothing in a call says which of its speakers is the creditor."""


def parties(call: Call, sides: Sides) -> dict[str, Party]:
    """Each speaker's side: by name; where names tell nothing, by what is said.

    Args:
        call: with at least one line.
        sides: what the user says.

    Raises:
        WhoIsWho: it cannot be told; the sentence names the speakers.
    """
    speakers = list(dict.fromkeys(line.speaker for line in call.lines))
    known = {name: party for name in speakers if (party := sides.party(name)) is not None}
    open_ = [name for name in speakers if name not in known]
    there = {party for party in known.values() if party != "other"}
    if not there and not open_:
        raise WhoIsWho(f"nobody of either side speaks, {', '.join(map(repr, speakers))} alone")
    if len(there) == len(Speaker) or not open_:
        return {name: known.get(name, "other") for name in speakers}
    if len(there) == 1 and len(open_) == 1:
        return known | {open_[0]: next(iter(there)).other}
    return known | _by_words(call.lines, open_, there)


@cache
def party_of_name(name: str) -> Party | None:
    """Whose name it is by the words that name a side: "Agent 2", "CUSTOMER", 客服; None for any other name."""
    plain = plain_key(name)
    words = set(re.findall(r"[^\W\d_]+", name.casefold()))
    for side, party in _SIDES.items():
        for known in names()["parties"][side]:
            if plain == known or known in words or (not known.isascii() and known in name):
                return party
    return None


def _by_words(lines: Sequence[SpokenLine], names_: Sequence[str], there: Collection[Party]) -> dict[str, Party]:
    weights = {name: _leaning(" ".join(line.text for line in lines if line.speaker == name)) for name in names_}
    ranked = sorted(names_, key=lambda name: -weights[name])
    told = ", ".join(repr(name) for name in names_)
    most, least = ranked[0], ranked[-1]
    if there:
        wanted = Speaker.DEBTOR if Speaker.CREDITOR in there else Speaker.CREDITOR
        chosen = least if wanted is Speaker.DEBTOR else most
        return {name: wanted if name == chosen else "other" for name in names_}
    if len(names_) == 1 or weights[most] == weights[least]:
        raise WhoIsWho(f"nothing says whether {told} speak for the creditor or the debtor")
    return {name: Speaker.CREDITOR if name == most else Speaker.DEBTOR if name == least else "other" for name in names_}


def _leaning(text: str) -> int:
    """How much of what only a creditor says stands in the words, less of what only a debtor says."""
    plain = without_accents(text)
    creditor, debtor = _cues()
    return sum(bool(cue.search(plain)) for cue in creditor) - sum(bool(cue.search(plain)) for cue in debtor)


@cache
def _cues() -> tuple[list[re.Pattern[str]], list[re.Pattern[str]]]:
    cues = names()["cues"]
    return [re.compile(cue) for cue in cues["creditor"]], [re.compile(cue) for cue in cues["debtor"]]
