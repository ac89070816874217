"""What an operator may be called: the audit log names operators beside actors of its own."""

from __future__ import annotations

import unicodedata

from plumbing.errors import UserError

RESERVED = frozenset(
    ("assistant", "command line", "creditor", "debtor", "operator", "person", "program", "service", "system", "you")
)
"""Who acts in the audit log, or writes in a conversation, without being an operator."""
LONGEST_NAME = 100


def alike(name: str) -> str:
    """What names that a reader takes for the same have in common."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def require_name(name: str) -> None:
    """Refuse what no operator may be called.

    Raises:
        UserError: the name is empty, too long, cannot be read on a line, or is an actor's of the audit log.
    """
    if not 1 <= len(name) <= LONGEST_NAME or not name.strip():
        raise UserError(f"an operator's name has 1 to {LONGEST_NAME} characters")
    if not name.isprintable() or name != " ".join(name.split()) or "/" in name:
        raise UserError("an operator's name has letters, digits and single spaces within, and no slash")
    if alike(name) in RESERVED:
        raise UserError(f"the audit log calls somebody else {alike(name)}; choose another name for the operator")
