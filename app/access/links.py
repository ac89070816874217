"""Debtor links: signed, expiring, for one negotiation each; whoever holds one is taken for that debtor."""

from __future__ import annotations

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

SALT = "maden debtor link"
MAX_AGE_S = 14 * 24 * 3600


class BadLink(Exception):
    """The link is none of ours, or has expired; the text says which, for the person who opened it."""


class Links:
    """Makes and reads debtor links.

    Args:
        secret: of the service; another secret ends all links that were made with it.
        max_age_s: seconds for which a link holds.
    """

    def __init__(self, secret: str, max_age_s: int = MAX_AGE_S) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt=SALT)
        self.max_age_s = max_age_s

    def token(self, negotiation_id: str) -> str:
        """The secret part of a link."""
        signed = self._signer.dumps(negotiation_id)
        return signed if isinstance(signed, str) else signed.decode()

    def negotiation(self, token: str) -> str:
        """The id of the negotiation that a token is for.

        Raises:
            BadLink: it is not one of ours, or too old.
        """
        try:
            return str(self._signer.loads(token, max_age=self.max_age_s))
        except SignatureExpired as error:
            raise BadLink("this link has expired; ask for a new one") from error
        except BadSignature as error:
            raise BadLink("this link is not valid; open it exactly as it was sent to you") from error
