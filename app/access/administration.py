"""What `python -m app operator` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.access import operator_accounts
from app.access.operators import Operators
from app.database.tables import Role
from app.database.transactions import Database
from plumbing.errors import UserError

ACTOR = "command line"


def administer(
    database: Database, name: str, changes: Sequence[str], role: Role | None, password: Callable[[], str]
) -> str:
    """Change one operator's account, or add one; returns what there is to say.

    Args:
        database: where operators are kept.
        name: of the operator.
        changes: what was asked for besides a password, by its option; at most one.
        role: given alone, an operator's new role; the role of a new one otherwise.
        password: asks for one.

    Raises:
        UserError: more than one change, no such operator, or a name or a password that will not do.
    """
    if len(changes) > 1 or (changes and role):
        both = [*changes, "--role"] if role else changes
        raise UserError(f"{' and '.join(both)} do not go together; name one of them")
    if changes:
        return _CHANGES[changes[0]](database, name)
    if role and operator_accounts.is_operator(database, name):
        operator_accounts.set_role(database, name, role, ACTOR)
        return f"the role of {name} is {role.value}"
    Operators(database).add(name, password(), role)
    return f"{name} may log in"


def account_lines(database: Database) -> list[str]:
    """All operators, one a line."""
    return [_line(one) for one in operator_accounts.all_accounts(database)] or ["there are no operators"]


def _line(one: operator_accounts.OperatorAccount) -> str:
    locked = f", locked since {one.locked:%Y-%m-%d}" if one.locked else ""
    return f"{one.name}: {one.role.value}{', second factor' if one.second_factor else ''}{locked}"


def _locked(database: Database, name: str) -> str:
    operator_accounts.lock(database, name, ACTOR)
    return f"{name} is locked out"


def _unlocked(database: Database, name: str) -> str:
    operator_accounts.unlock(database, name, ACTOR)
    return f"{name} may log in again"


def _removed(database: Database, name: str) -> str:
    operator_accounts.remove(database, name, ACTOR)
    return f"{name} is removed"


def _enrolled(database: Database, name: str) -> str:
    uri = operator_accounts.enrol(database, name, ACTOR)
    return f"{uri}\n{name} enters this in an authenticator, whose codes are asked for from now on; keep it nowhere else"


def _single_factor(database: Database, name: str) -> str:
    operator_accounts.drop_second_factor(database, name, ACTOR)
    return f"{name} logs in with the password alone"


_CHANGES: dict[str, Callable[[Database, str], str]] = {
    "--lock": _locked,
    "--unlock": _unlocked,
    "--remove": _removed,
    "--second-factor": _enrolled,
    "--no-second-factor": _single_factor,
}
