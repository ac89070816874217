"""Debtor links: signed, expiring, for one negotiation each; whoever holds one is taken for that debtor.

Each link has a generation, and only the latest of a negotiation holds. Every one that is made stands in the audit log,
so what "debtor" did after an entry was done with the link of that entry.
"""

from __future__ import annotations

from typing import NamedTuple

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.database import audit_log as audit
from app.database.stored_rows import NotThere, row_of
from app.database.tables import NegotiationRow
from app.database.transactions import Database
from plumbing.errors import UserError
from wording import say

SALT = "maden debtor link"
MAX_AGE_S = 14 * 24 * 3600
SECRET = "MADEN_APP_SECRET"
SHORTEST_SECRET = 32
"""Bytes; HMAC-SHA256 is as strong as that many random ones."""
_GENERATION = select(NegotiationRow.link_generation).where(NegotiationRow.id == bindparam("negotiation"))


class BadLink(Exception):
    """The link is none of ours, has expired or was replaced; the text says which, for the person who opened it."""


class LinkTicket(NamedTuple):
    """What a link opens."""

    negotiation_id: str
    generation: int
    """0 is that of links from before there were generations."""

    def require_latest_of(self, row: NegotiationRow) -> None:
        """Refuse this link if a newer one to its negotiation has replaced it.

        Raises:
            BadLink: there is a newer one.
        """
        require_generation(row.link_generation, self.generation)


class Links:
    """Makes and reads debtor links.

    Args:
        secret: of the service; another secret ends all links that were made with it.
        max_age_s: seconds for which a link holds.

    Raises:
        UserError: the secret is too short.
    """

    def __init__(self, secret: str, max_age_s: int = MAX_AGE_S) -> None:
        self._signer = URLSafeTimedSerializer(strong(secret), salt=SALT)
        self.max_age_s = max_age_s

    def token(self, negotiation_id: str, generation: int = 0) -> str:
        """The secret part of a link."""
        signed = self._signer.dumps([negotiation_id, generation])
        return signed if isinstance(signed, str) else signed.decode()

    def read(self, token: str) -> LinkTicket:
        """What a token was made for; whether a newer one was made is for `require_latest` to say.

        Raises:
            BadLink: it is not one of ours, or too old.
        """
        try:
            found = self._signer.loads(token, max_age=self.max_age_s)
        except SignatureExpired as error:
            raise BadLink(say("this link has expired; ask for a new one")) from error
        except BadSignature as error:
            raise BadLink(say("this link is not valid; open it exactly as it was sent to you")) from error
        return LinkTicket(found, 0) if isinstance(found, str) else LinkTicket(*found)


def next_generation(database: Database, negotiation_id: str, actor: str) -> int:
    """The generation of a new link for a negotiation; links of earlier ones are void from here on.

    Raises:
        NotThere: no such negotiation.
    """

    def work(session: Session) -> int:
        row = row_of(session, negotiation_id)
        row.link_generation += 1
        audit.record(session, actor, "made a link", negotiation_id, generation=row.link_generation)
        return row.link_generation

    return database.transaction(work)


def require_latest(database: Database, ticket: LinkTicket) -> None:
    """Refuse a link that a newer one has replaced.

    Raises:
        BadLink: there is a newer one.
        NotThere: no such negotiation.
    """
    with database.reading() as session:
        latest = session.connection().scalar(_GENERATION, {"negotiation": ticket.negotiation_id})
    if latest is None:
        raise NotThere(ticket.negotiation_id)
    require_generation(latest, ticket.generation)


def require_generation(latest: int, generation: int) -> None:
    """Refuse a link of another generation than the latest.

    Raises:
        BadLink: there is a newer one.
    """
    if latest != generation:
        raise BadLink(say("a newer link has replaced this one; open the latest that was sent to you"))


def strong(secret: str) -> str:
    """The service's secret, if it is long enough.

    Raises:
        UserError: it is not.
    """
    if (size := len(secret.encode())) < SHORTEST_SECRET:
        raise UserError(
            f"the secret in {SECRET} has {size} bytes and needs {SHORTEST_SECRET}; make one with: "
            "python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return secret
