from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.access import rate_limit
from app.access.in_turn import Busy, InTurn
from app.access.login_pace import OF_ONE_ADDRESS, OF_ONE_NAME, OF_ONE_PAIR, LoginPace
from tests.app.memory import memory_mb
from tests.app.pages.test_pages import Process
from tests.app.served import PASSWORD

HERE, THERE = "203.0.113.5", "198.51.100.7"


@pytest.fixture
def pace(monkeypatch) -> LoginPace:
    """At one moment."""
    monkeypatch.setattr(rate_limit.time, "monotonic", lambda: 1000.0)
    return LoginPace()


def kept(pace: LoginPace, address: str, names: list[str]) -> int:
    return sum(pace.keeps(address, name) for name in names)


def test_one_address_may_try_few_names_and_one_name_a_few_times(pace):
    assert kept(pace, HERE, [f"nobody {number}" for number in range(100)]) == OF_ONE_ADDRESS
    assert kept(pace, THERE, ["olga"] * 100) == OF_ONE_PAIR


def test_a_storm_from_one_address_locks_nobody_out_elsewhere(pace):
    kept(pace, HERE, ["olga"] * 1000)
    assert not pace.keeps(HERE, "olga")
    assert pace.keeps(THERE, "olga")


def test_a_storm_from_many_addresses_is_paced_by_name_but_not_where_the_name_has_logged_in(pace):
    pace.succeeded(THERE, "olga")
    tries = [pace.keeps(f"203.0.113.{number}", "olga") for number in range(200)]
    assert sum(tries) == OF_ONE_NAME
    assert not pace.keeps("192.0.2.1", "olga")
    assert pace.keeps(THERE, "olga")


def test_whoever_works_here_is_not_kept_out_by_tries_under_other_names_from_here(pace):
    pace.succeeded(HERE, "olga")
    kept(pace, HERE, [f"nobody {number}" for number in range(100)])
    assert pace.keeps(HERE, "olga")
    assert not pace.keeps(HERE, "paul")


def test_the_addresses_of_one_ipv6_network_are_one(pace):
    assert sum(pace.keeps(f"2001:db8::{number:x}", f"nobody {number}") for number in range(100)) == OF_ONE_ADDRESS
    assert pace.keeps("2001:db8:1::1", "olga")
    assert pace.keeps("no address", "olga")


def test_so_many_run_at_once_so_many_wait_and_the_rest_is_refused():
    turns, begun, done = InTurn(2, 3), [], threading.Event()

    def work() -> None:
        begun.append(1)
        done.wait(10)

    async def one() -> bool:
        try:
            await turns.run(work)
        except Busy:
            return False
        return True

    async def many() -> tuple[int, int]:
        tasks = [asyncio.create_task(one()) for _ in range(10)]
        await asyncio.sleep(0.2)
        running = len(begun)
        done.set()
        return running, sum([await task for task in tasks])

    assert asyncio.run(many()) == (2, 5)


def test_too_many_tries_are_answered_429_and_counted(house):
    wrong = [house.client.post("/api/login", json={"name": f"x{one}", "password": "wrong"}) for one in range(40)]
    assert [one.status_code for one in wrong].count(429) == 40 - OF_ONE_ADDRESS + 1  # olga's own came first
    assert wrong[-1].headers["retry-after"] == "60"
    right = house.client.post("/api/login", json={"name": "olga", "password": PASSWORD})
    assert right.status_code == 200  # she has logged in from here before
    text = house.client.get("/metrics").text
    for outcome in ("logged in", "refused", "too often"):
        assert f'maden_logins_total{{outcome="{outcome}"}}' in text


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.parametrize("addresses", [1, 240])
def test_240_unknown_logins_at_once_take_little_memory_and_keep_no_page_waiting(tmp_path, addresses):
    process = Process(tmp_path)
    try:
        _post(process.port, "127.0.0.1", "nobody at all")  # what is loaded with the first
        before = memory_mb(process.process.pid, "VmRSS")
        with ThreadPoolExecutor(241) as pool:
            tries = [
                pool.submit(_post, process.port, f"127.0.1.{1 + one % addresses}", f"nobody {one}")
                for one in range(240)
            ]
            time.sleep(0.2)
            waited = [_page_s(process.port) for _ in range(5)]
            found = [one.result() for one in tries]
        assert set(found) <= {401, 429}
        assert max(waited) < 1
        assert memory_mb(process.process.pid, "VmHWM") - before < 200
        assert _post(process.port, "127.0.2.2", "olga", PASSWORD) == 200
    finally:
        process.kill()


def _post(port: int, source: str, name: str, password: str = "wrong") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(source, 0))
    body = json.dumps({"name": name, "password": password})
    connection.request("POST", "/api/login", body, {"Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


def _page_s(port: int) -> float:
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/negotiation")
    assert connection.getresponse().status == 200
    connection.close()
    return time.monotonic() - begun
