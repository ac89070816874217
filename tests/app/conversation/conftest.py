"""What the tests of conversations share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.conduct.signals import noticed
from app.conversation import answering, negotiations


@pytest.fixture
def weak(monkeypatch):
    """Every message with "perhaps" gives notice, but not surely, of what the rest of it does."""

    def unsure(text, profile):
        found = noticed(text.replace("perhaps", ""), profile)
        return (
            tuple(replace(one, sure=False, found_by=("classifier",)) for one in found) if "perhaps" in text else found
        )

    monkeypatch.setattr(negotiations, "noticed", unsure)
    monkeypatch.setattr(answering, "noticed", unsure)
