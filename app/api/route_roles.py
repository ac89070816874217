"""Which role each of the operators' routes needs; a route that is not here is nobody's."""

from __future__ import annotations

from app.database.tables import Role
from wording import say

NEEDED: dict[tuple[str, str], Role] = {
    ("GET", "/api/login"): Role.READS,
    ("POST", "/api/logout"): Role.READS,
    ("GET", "/api/negotiations"): Role.READS,
    ("GET", "/api/counts"): Role.READS,
    ("GET", "/api/negotiations/{negotiation_id}"): Role.READS,
    ("GET", "/api/negotiations/{negotiation_id}/messages"): Role.READS,
    ("GET", "/api/negotiations/{negotiation_id}/score"): Role.READS,
    ("GET", "/api/findings"): Role.READS,
    ("POST", "/api/negotiations"): Role.ACTS,
    ("POST", "/api/negotiations/{negotiation_id}/link"): Role.ACTS,
    ("POST", "/api/negotiations/{negotiation_id}/take-over"): Role.ACTS,
    ("POST", "/api/negotiations/{negotiation_id}/hand-back"): Role.ACTS,
    ("POST", "/api/negotiations/{negotiation_id}/messages"): Role.ACTS,
    ("POST", "/api/negotiations/{negotiation_id}/close"): Role.ACTS,
    ("POST", "/api/findings/{finding_id}/lift"): Role.ACTS,
    ("GET", "/api/operators"): Role.ADMINISTERS,
    ("POST", "/api/operators/{name}/lock"): Role.ADMINISTERS,
    ("POST", "/api/operators/{name}/unlock"): Role.ADMINISTERS,
}


def refusal(role: Role, method: str, path: str) -> str | None:
    """Why a role may not use a route, None if it may.

    Args:
        role: the operator's.
        method: of HTTP.
        path: the route's template.
    """
    needed = NEEDED.get((method, path))
    if needed is None:
        return say("this is nobody's to do")
    if role.includes(needed):
        return None
    return say("your role is {role}; this needs one that {needed}", role=say(role.value), needed=say(needed.value))
