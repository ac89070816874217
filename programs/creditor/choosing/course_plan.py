"""What a planner has decided: an aim, a limit and a course, as the negotiator is told of them."""

from __future__ import annotations

from data.frozen import Frozen
from data.terms import Terms
from programs.creditor.support.course import Course
from programs.table import words
from signatures.options import CourseName

COURSES: dict[CourseName, Course] = {
    "patient": Course(firm_rounds=6, asking_rounds=7),
    "steady": Course(),
    "quick": Course(firm_rounds=2, asking_rounds=3),
}
"""How many rounds only moderate steps are taken."""
_SAID: dict[CourseName, str] = {
    "patient": "Small steps for long.",
    "steady": "Moderate steps, then what is worth most.",
    "quick": "Go for the aim soon.",
}


class CoursePlan(Frozen):
    """Where a negotiation is to go."""

    aim: Terms
    limit: Terms
    """Nowhere firmer than the aim."""
    course: CourseName

    def text(self) -> str:
        """As prompts show it."""
        return f"Aim: {words.package(self.aim)}. Softest: {words.package(self.limit)}. {_SAID[self.course]}"
