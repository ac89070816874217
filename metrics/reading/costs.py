"""What the mistakes of a reading cost, read from costs.toml and checked."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from data.frozen import Frozen

COSTS_FILE = Path(__file__).with_name("costs.toml")

Cost = Annotated[float, Field(ge=0, le=1)]


class ReadingCosts(Frozen):
    """Shares of one message's objective; what each is for stands in the file."""

    missed_safety: Cost
    other_safety: Cost
    term_not_offered: Cost
    claim_not_made: Cost
    silence_without_cause: Cost
    missed_note: Cost
    note_without_cause: Cost
    lost_term: Cost
    unneeded_question: Cost

    @property
    def fingerprint(self) -> str:
        """Hash of all costs."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


@cache
def default_costs() -> ReadingCosts:
    """The shipped costs."""
    return ReadingCosts.model_validate(tomllib.loads(COSTS_FILE.read_text(encoding="utf-8")))
