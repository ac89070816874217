"""Operators' accounts: who there is, what they may do, and that one is locked, removed, or has a second factor.

Whatever changes an account ends its logins and is audited. The negotiations of whoever is locked or removed wait for
another person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.access.second_factor import enrolment_uri, new_secret
from app.database import audit_log as audit
from app.database.stored_rows import CannotBe
from app.database.tables import LoginRow, NegotiationRow, OperatorRow, Role, Status, now
from app.database.transactions import Database
from wording import say

_ENDED = tuple(status.value for status in Status if status.ended)


@dataclass(frozen=True)
class OperatorAccount:
    """An operator's account."""

    name: str
    role: Role
    locked: datetime | None
    second_factor: bool


def all_accounts(database: Database) -> list[OperatorAccount]:
    """All operators, by name."""
    with database.reading() as session:
        rows = session.scalars(select(OperatorRow).order_by(OperatorRow.name))
        return [OperatorAccount(row.name, Role(row.role), row.locked, row.totp_secret is not None) for row in rows]


def is_operator(database: Database, name: str) -> bool:
    """Whether there is such an account, locked or not."""
    with database.reading() as session:
        return session.get(OperatorRow, name) is not None


def lock(database: Database, name: str, actor: str) -> None:
    """Let an operator log in no more until `unlock`.

    Raises:
        CannotBe: there is no such operator, or it is the one who asks.
    """
    if name == actor:
        raise CannotBe(say("you cannot lock yourself out; let another do it who administers"))

    def work(session: Session) -> None:
        _row(session, name).locked = now()
        _release(session, name, actor)
        _end_logins(session, name, actor, "operator locked")

    database.transaction(work)


def unlock(database: Database, name: str, actor: str) -> None:
    """Let an operator log in again.

    Raises:
        CannotBe: there is no such operator.
    """

    def work(session: Session) -> None:
        _row(session, name).locked = None
        audit.record(session, actor, "operator unlocked", operator=name)

    database.transaction(work)


def remove(database: Database, name: str, actor: str) -> None:
    """Delete an account; what the operator did stays in the record under the name.

    Raises:
        CannotBe: there is no such operator.
    """

    def work(session: Session) -> None:
        row = _row(session, name)
        _release(session, name, actor)
        session.execute(delete(LoginRow).where(LoginRow.operator == name))
        session.delete(row)
        audit.record(session, actor, "operator removed", operator=name)

    database.transaction(work)


def set_role(database: Database, name: str, role: Role, actor: str) -> None:
    """Give an operator another role.

    Raises:
        CannotBe: there is no such operator.
    """

    def work(session: Session) -> None:
        _row(session, name).role = role.value
        _end_logins(session, name, actor, "operator role", role=role.value)

    database.transaction(work)


def enrol(database: Database, name: str, actor: str) -> str:
    """Give an operator a new second factor, needed from the next login on; returns its otpauth URI, which is secret.

    Raises:
        CannotBe: there is no such operator.
    """
    secret = new_secret()

    def work(session: Session) -> None:
        row = _row(session, name)
        row.totp_secret, row.totp_step = secret, None
        _end_logins(session, name, actor, "second factor set")

    database.transaction(work)
    return enrolment_uri(name, secret)


def drop_second_factor(database: Database, name: str, actor: str) -> None:
    """Let an operator log in with the password alone.

    Raises:
        CannotBe: there is no such operator.
    """

    def work(session: Session) -> None:
        row = _row(session, name)
        row.totp_secret = row.totp_step = None
        _end_logins(session, name, actor, "second factor dropped")

    database.transaction(work)


def _row(session: Session, name: str) -> OperatorRow:
    row = session.get(OperatorRow, name, with_for_update=True)
    if row is None:
        raise CannotBe(say("there is no such operator"))
    return row


def _release(session: Session, name: str, actor: str) -> None:
    """Whom an operator led waits for a person again."""
    led = select(NegotiationRow).where(NegotiationRow.operator == name, NegotiationRow.status.not_in(_ENDED))
    for row in session.scalars(led.with_for_update()).all():
        row.operator = None
        session.flush()
        audit.record(session, actor, "released", row.id)


def _end_logins(session: Session, name: str, actor: str, action: str, **detail: str) -> None:
    session.execute(delete(LoginRow).where(LoginRow.operator == name))
    audit.record(session, actor, action, operator=name, **detail)
