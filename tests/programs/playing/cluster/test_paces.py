from __future__ import annotations

import pytest

from programs.models.pace import RateLimits
from programs.playing.cluster.paces import PaceKeeper


def test_the_keepers_limits_hold_for_all_who_ask():
    keeper = PaceKeeper(RateLimits(rpm=3))
    numbers = [keeper.turn("m", 0) for _ in range(5)]
    assert [number for number, _ in numbers] == [1, 2, 3, 0, 0]
    assert 0 < numbers[3][1] <= 60
    assert keeper.turn("other", 0)[0] == 4, "each model has a pace of its own"


def test_what_came_from_a_cache_gives_its_place_back():
    keeper = PaceKeeper(RateLimits(rpm=1))
    number, _ = keeper.turn("m", 0)
    assert keeper.turn("m", 0)[0] == 0
    keeper.settle("m", number, None)
    assert keeper.turn("m", 0)[0] == 2


def test_a_wait_that_one_worker_was_told_holds_for_all():
    keeper = PaceKeeper(RateLimits())
    keeper.pause("m", 30)
    number, wait = keeper.turn("m", 0)
    assert number == 0
    assert wait == pytest.approx(30, abs=1)


@pytest.mark.cluster
def test_workers_share_one_pace():
    import ray

    from programs.playing.cluster.connecting import connected
    from programs.playing.cluster.paces import SharedPace, keeper_of

    with connected("local", 2):
        limits = RateLimits(rpm=2)
        keeper = keeper_of(ray, limits)
        first, second = SharedPace(keeper, "m", limits), SharedPace(keeper, "m", limits)
        ticket = first.turn(0)
        assert not isinstance(ticket, float)
        assert not isinstance(second.turn(0), float)
        assert isinstance(first.turn(0), float)
        first.settle(ticket, None)
        assert not isinstance(second.turn(0), float)
