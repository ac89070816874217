"""A signed anchor: what the audit chain's end was at a time, to be kept where the database's owner cannot change it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

from itsdangerous import Signer
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.database import audit_log as audit
from app.database.tables import now
from data.frozen import Frozen
from plumbing.errors import UserError

SALT = "maden audit anchor"


class Anchor(Frozen):
    """The end of the chain, signed with the service's secret (HMAC-SHA256)."""

    head: str
    """Hash of the last entry."""
    entries: int
    at: datetime
    signature: str = ""

    def signed(self, secret: str) -> Anchor:
        """The same with its signature."""
        return self.model_copy(update={"signature": _signer(secret).get_signature(self._content()).decode()})

    def fits(self, secret: str) -> bool:
        """Whether `secret` signed exactly this."""
        return _signer(secret).verify_signature(self._content(), self.signature)

    def stands_in(self, session: Session) -> bool:
        """Whether a chain, which has been walked, begins with what it was when the anchor was made."""
        return audit.hash_at(session, self.entries) == self.head

    def _content(self) -> bytes:
        return json.dumps([self.head, self.entries, self.at.isoformat()]).encode()


def anchor_of(found: audit.Verified, secret: str) -> Anchor:
    """The anchor of a chain that was found whole."""
    return Anchor(head=found.last_sha256, entries=found.entries, at=now()).signed(secret)


def read_anchor(path: Path) -> Anchor:
    """An anchor as `python -m app audit export` writes it.

    Raises:
        UserError: there is no such file, or no anchor in it.
    """
    try:
        return Anchor.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(f"the anchor {path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise UserError(f"{path} is no anchor; `python -m app audit export` writes one") from error


def _signer(secret: str) -> Signer:
    return Signer(secret, salt=SALT, key_derivation="hmac", digest_method=hashlib.sha256)
