"""The people responsible: who they are, how they log in, and that a form of theirs is theirs."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.access.operator_names import alike, require_name
from app.access.second_factor import step_of
from app.database import audit_log as audit
from app.database.tables import LoginRow, OperatorRow, Role, now
from app.database.transactions import Database
from plumbing.errors import UserError

LOGIN_HOURS = 12
SHORTEST_PASSWORD = 12
UNKNOWN_ADDRESS = "unknown"
_NOBODY = PasswordHasher().hash("a password that nobody has")


@dataclass(frozen=True)
class Login:
    """A logged-in operator."""

    operator: str
    token: str
    csrf: str
    """What a form or a script of the operator's page sends along; another site's does not know it."""
    role: Role


class Operators:
    """Operators and their logins.

    Args:
        database: where they are kept; passwords as Argon2id hashes, login tokens as SHA-256.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._hasher = PasswordHasher()

    def add(self, name: str, password: str, role: Role | None = None) -> None:
        """Add an operator, or give one a new password; earlier logins end.

        Args:
            name: as it stands in the audit log.
            password: of at least `SHORTEST_PASSWORD` characters.
            role: None leaves an operator's as it is; a new one acts.

        Raises:
            UserError: the name or the password will not do.
        """
        if len(password) < SHORTEST_PASSWORD:
            raise UserError(f"the password has {len(password)} characters; use at least {SHORTEST_PASSWORD}")
        hashed = self._hasher.hash(password)

        def work(session: Session) -> None:
            row = session.get(OperatorRow, name) or _new(session, name)
            row.password_hash = hashed
            row.role = (role or Role(row.role)).value
            session.add(row)
            session.execute(delete(LoginRow).where(LoginRow.operator == name))
            audit.record(session, "service", "operator set", operator=name, role=row.role)

        self.database.transaction(work)

    def log_in(self, name: str, password: str, code: str = "", address: str = UNKNOWN_ADDRESS) -> str | None:
        """A login token; None, and it is audited, where the name, the password or the code is wrong.

        Takes as long for a wrong name as for a wrong password, 64 MiB, and a processor for some 50 ms.

        Args:
            name: of an operator.
            password: theirs.
            code: of their second factor, where they have one.
            address: where the request comes from, for the audit log.
        """
        with self.database.reading() as session:
            row = session.get(OperatorRow, name)
        stored = row.password_hash if row else _NOBODY
        fits = self._fits(stored, password)
        token = secrets.token_urlsafe(32)

        def work(session: Session) -> str | None:
            found = session.get(OperatorRow, name, with_for_update=True)
            against = _against(found, fits and found is not None and found.password_hash == stored, code)
            if against is not None:
                told = name if found else None  # what is nobody's name may be somebody's password
                audit.record(session, "service", "login refused", operator=told, why=against, address=address)
                return None
            session.execute(delete(LoginRow).where(LoginRow.until < now()))
            session.add(LoginRow(sha256=_sha256(token), operator=name, until=now() + timedelta(hours=LOGIN_HOURS)))
            audit.record(session, name, "logged in", address=address)
            return token

        return self.database.transaction(work, durable=fits)

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerifyMismatchError, InvalidHashError):
            return False

    def known(self, token: str) -> Login | None:
        """Who a token belongs to, None if it is unknown or too old."""
        with self.database.reading() as session:
            query = (
                select(LoginRow.operator, OperatorRow.role)
                .join(OperatorRow, OperatorRow.name == LoginRow.operator)
                .where(LoginRow.sha256 == _sha256(token), LoginRow.until > now(), OperatorRow.locked.is_(None))
            )
            found = session.execute(query).first()
        return Login(found.operator, token, csrf_of(token), Role(found.role)) if found else None

    def log_out(self, token: str) -> None:
        """End a login."""
        self.database.transaction(
            lambda session: session.execute(delete(LoginRow).where(LoginRow.sha256 == _sha256(token)))
        )


def csrf_of(token: str) -> str:
    """The token that the pages of a login carry; from it the login cannot be had."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def _new(session: Session, name: str) -> OperatorRow:
    require_name(name)
    for other in session.scalars(select(OperatorRow.name)):
        if alike(other) == alike(name):
            raise UserError(f"there is an operator called {other} already, whom a reader would take for this one")
    return OperatorRow(name=name, role=Role.ACTS.value)


def _against(row: OperatorRow | None, fits: bool, code: str) -> str | None:
    """Why a login is refused, None if it is not; a code that is accepted is used up."""
    if row is None:
        return "unknown name"
    if not fits:
        return "wrong password"
    if row.locked is not None:
        return "locked"
    if row.totp_secret is not None:
        step = step_of(row.totp_secret, code, now(), row.totp_step)
        if step is None:
            return "wrong code"
        row.totp_step = step
    return None


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
