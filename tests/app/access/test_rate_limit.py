from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.access import rate_limit as pace
from app.access.rate_limit import RateLimit


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time, in its only entry."""
    now = [1000.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    return now


def test_so_many_in_any_minute_and_no_more(clock):
    kept = RateLimit(3)
    for offset, holds in [(0, True), (10, True), (50, True), (59, False), (60, True), (69, False), (70, True)]:
        clock[0] = 1000.0 + offset
        assert kept.keeps("me") is holds, offset
    assert kept.keeps("another")


def test_who_has_not_asked_for_a_minute_is_forgotten(clock):
    kept = RateLimit(3)
    for number in range(100):
        kept.keeps(f"address {number}")
    clock[0] += 61
    kept.keeps("me")
    assert list(kept._latest) == ["me"]


def test_threads_at_once_are_counted_right():
    kept = RateLimit(50)
    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(lambda _: kept.keeps("me"), range(400))) == 50
