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

from app.database import audit_log as audit
from app.database.tables import LoginRow, OperatorRow, now
from app.database.transactions import Database
from plumbing.errors import UserError

LOGIN_HOURS = 12
SHORTEST_PASSWORD = 12
_NOBODY = PasswordHasher().hash("a password that nobody has")


@dataclass(frozen=True)
class Login:
    """A logged-in operator."""

    operator: str
    token: str
    csrf: str
    """What a form or a script of the operator's page sends along; another site's does not know it."""


class Operators:
    """Operators and their logins.

    Args:
        database: where they are kept; passwords as Argon2id hashes, login tokens as SHA-256.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._hasher = PasswordHasher()

    def add(self, name: str, password: str) -> None:
        """Add an operator, or give one a new password; earlier logins end.

        Raises:
            UserError: the name or the password will not do.
        """
        if not name.strip() or len(name) > 100:
            raise UserError("an operator's name has 1 to 100 characters")
        if len(password) < SHORTEST_PASSWORD:
            raise UserError(f"the password has {len(password)} characters; use at least {SHORTEST_PASSWORD}")
        hashed = self._hasher.hash(password)

        def work(session: Session) -> None:
            row = session.get(OperatorRow, name) or OperatorRow(name=name)
            row.password_hash = hashed
            session.add(row)
            session.execute(delete(LoginRow).where(LoginRow.operator == name))
            audit.record(session, "service", "operator set", operator=name)

        self.database.transaction(work)

    def log_in(self, name: str, password: str) -> str | None:
        """A login token, None for a wrong name or password; takes as long for the one as for the other."""
        with self.database.reading() as session:
            row = session.get(OperatorRow, name)
        try:
            self._hasher.verify(row.password_hash if row else _NOBODY, password)
        except (VerifyMismatchError, InvalidHashError):
            return None
        if row is None:
            return None
        token = secrets.token_urlsafe(32)

        def work(session: Session) -> None:
            session.execute(delete(LoginRow).where(LoginRow.until < now()))
            session.add(LoginRow(sha256=_sha256(token), operator=name, until=now() + timedelta(hours=LOGIN_HOURS)))
            audit.record(session, name, "logged in")

        self.database.transaction(work)
        return token

    def known(self, token: str) -> Login | None:
        """Who a token belongs to, None if it is unknown or too old."""
        with self.database.reading() as session:
            query = select(LoginRow).where(LoginRow.sha256 == _sha256(token), LoginRow.until > now())
            row = session.scalars(query).first()
        return Login(row.operator, token, csrf_of(token)) if row else None

    def log_out(self, token: str) -> None:
        """End a login."""
        self.database.transaction(
            lambda session: session.execute(delete(LoginRow).where(LoginRow.sha256 == _sha256(token)))
        )


def csrf_of(token: str) -> str:
    """The token that the pages of a login carry; from it the login cannot be had."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
