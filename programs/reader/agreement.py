"""Where a reading and the words agree: what surely is offered, what may be, and what a reading made up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from data.messages.labels import ClaimKind, Intent, TermKind
from programs.reader.opinions.offered import Opinion, opinions
from programs.reader.stated.plain import plain
from programs.reader.stated.roles import Role
from signatures.reading import Reading, Said

LIKELY, POSSIBLE, SURELY, AGREED = 0.65, 0.2, 0.7, 0.4
"""How likely a figure must be offered: to stand on the rules' word alone; to be asked about; to stand on their word
although a reading calls the message no offer; to stand where the rules and a reading agree."""
BESIDE = 0.1
"""The same for a figure beside others that stand."""
_SAME_PART = {
    TermKind.FIRST_DATE: TermKind.IMMEDIATE_PAYMENT_DAYS,
    TermKind.FIRST_AMOUNT: TermKind.IMMEDIATE_PAYMENT_PCT,
}


@dataclass
class Agreed:
    """Figures of a message by what became of them."""

    stands: list[tuple[TermKind, Role]] = field(default_factory=list)
    claims: list[tuple[ClaimKind, Role]] = field(default_factory=list)
    unsure: list[Role] = field(default_factory=list)
    """May be offered, or is, but not as one definite figure: to be asked about."""
    unfounded: list[Said] = field(default_factory=list)
    """The reading names it and the words do not."""


def agreed(text: str, reading: Reading | None, today: date) -> Agreed:
    """What reading and words make of the figures of `text`; with no reading, the words alone."""
    found = opinions(plain(text), today)
    result = Agreed()
    read = _read_of(plain(text), found, reading, result)
    offers = reading is None or reading.intent in (Intent.OFFER, Intent.ACCEPT)
    for at, one in enumerate(found):
        role = one.role
        if isinstance(role.kind, ClaimKind):
            _claim(role, read.get(at), result)
        elif at in read or role.kind is not None or role.doubt == "" or one.offered >= LIKELY:
            _term(one, read.get(at), offers, reading, result)
    if result.stands:
        _unread_beside(found, result)
    return result


def _unread_beside(found: tuple[Opinion, ...], result: Agreed) -> None:
    """A figure that may belong to an offer and was not understood: the offer would be another one without it."""
    at_once = [
        role for role in result.unsure if role.sure and role.kind is TermKind.IMMEDIATE_PAYMENT_DAYS and not role.value
    ]
    result.stands += [(TermKind.IMMEDIATE_PAYMENT_DAYS, role) for role in at_once]  # "20% now": as sure as the 20%
    result.unsure = [role for role in result.unsure if role not in at_once]
    known = {role.span for role in (*(r for _, r in result.stands), *(r for _, r in result.claims), *result.unsure)}
    result.unsure += [
        one.role for one in found if one.role.span not in known and not one.role.doubt and one.offered >= BESIDE
    ]


def _term(one: Opinion, said: Said | None, offers: bool, reading: Reading | None, result: Agreed) -> None:
    role = one.role
    by_words = role.sure and isinstance(role.kind, TermKind)
    if said is not None and said.kind.value in set(ClaimKind):
        if one.offered < LIKELY and role.value is not None and not role.doubt:
            result.claims.append((ClaimKind(said.kind.value), role))
            return
        said = None
    if said is not None and offers:
        kind = _kind(said, role)
        if kind is not None and not role.doubt and not role.vague and role.value is not None and one.offered >= AGREED:
            result.stands.append((kind, role))
        elif one.offered >= POSSIBLE or not role.doubt:
            result.unsure.append(role)
        return
    if by_words and one.offered >= (LIKELY if reading is None else SURELY):
        assert isinstance(role.kind, TermKind)
        result.stands.append((role.kind, role))
    elif (offers and (one.offered >= POSSIBLE or role.instead)) or one.offered >= SURELY or _open(one):
        result.unsure.append(role)


def _open(one: Opinion) -> bool:
    """A range that nothing speaks against: "10 to 15 months"."""
    return one.role.vague and not one.role.doubt and one.role.kind is not None and one.offered >= BESIDE


def _kind(said: Said, role: Role) -> TermKind | None:
    """The kind that both give a figure; None where they differ, and for a claim."""
    if said.kind.value not in set(TermKind):
        return None
    read = TermKind(said.kind.value)
    if not isinstance(role.kind, TermKind):
        return None
    return role.kind if _SAME_PART.get(read, read) is _SAME_PART.get(role.kind, role.kind) else None


def _claim(role: Role, said: Said | None, result: Agreed) -> None:
    assert isinstance(role.kind, ClaimKind)
    if said is not None and said.kind.value in set(ClaimKind) and not role.doubt:
        result.claims.append((ClaimKind(said.kind.value), role))
    elif role.sure:
        result.claims.append((role.kind, role))
    elif said is not None and said.kind.value in set(TermKind):
        result.unsure.append(role)


def _read_of(text: str, found: tuple[Opinion, ...], reading: Reading | None, result: Agreed) -> dict[int, Said]:
    """Which figure of the text each item of a reading is; items without one are unfounded."""
    read: dict[int, Said] = {}
    for said in reading.said if reading is not None else ():
        at = next(
            (i for i, one in enumerate(found) if i not in read and _is(said, one.role, text, exact=True)),
            next((i for i, one in enumerate(found) if i not in read and _is(said, one.role, text, exact=False)), None),
        )
        if at is None:
            result.unfounded.append(said)
        else:
            read[at] = said
    return read


def _is(said: Said, role: Role, text: str, *, exact: bool) -> bool:
    words = plain(said.words).strip()
    at = text.find(words) if words else -1
    while at >= 0:
        if at < role.span[1] and role.span[0] < at + len(words):
            return _same_value(said.value, role.value) if exact else role.value is None or said.value is None
        at = text.find(words, at + 1)
    return False


def _same_value(read: int | None, stated: Decimal | None) -> bool:
    return read is not None and stated is not None and abs(Decimal(read) - stated) < 1
