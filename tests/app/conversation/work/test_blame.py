"""What a message fails with by itself counts as one of its tries; what everybody fails with does not."""

from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra app")

from sqlalchemy.exc import DataError, OperationalError

from app.conversation.work.blame import LONGEST_PAUSE_S, PAUSE_S, Blame, pause_s
from programs.table import failures


@pytest.mark.parametrize(
    ("error", "its_own", "reachable"),
    [
        (failures.RequestRejected("x"), True, True),
        (ZeroDivisionError(), True, True),
        (DataError("x", {}, Exception()), True, True),
        (OperationalError("x", {}, Exception()), False, True),
        (failures.InfrastructureFailure("500"), False, True),
        (failures.ModelTimeout("x"), False, True),
        (failures.RateLimited("x"), False, False),
        (failures.ModelUnreachable("x"), False, False),
        (failures.AuthenticationFailed("x"), False, False),
        (failures.OutOfCredit("x"), False, False),
        (failures.UnknownModel("x"), False, False),
    ],
)
def test_whose_fault_a_failure_is(error, its_own, reachable):
    blame = Blame()
    assert (blame.is_its_own("a", error), blame.reachable) == (its_own, reachable)
    blame.answered("b")
    assert blame.reachable


def test_a_servers_error_counts_where_others_are_answered_between_two_tries():
    blame = Blame()
    error = failures.InfrastructureFailure("500")
    assert not blame.is_its_own("a", error)
    assert not blame.is_its_own("a", error)
    blame.answered("b")
    assert blame.is_its_own("a", error)


def test_errors_of_more_than_one_negotiation_are_an_outage_and_so_are_three_of_one():
    error, blame = failures.InfrastructureFailure("500"), Blame()
    blame.is_its_own("a", error)
    assert blame.reachable
    blame.is_its_own("b", error)
    assert not blame.reachable
    blame.answered("a")
    for _ in range(3):
        assert blame.reachable
        blame.is_its_own("a", error)
    assert not blame.reachable


def test_a_model_that_rejects_everybody_is_not_there_and_one_that_rejects_one_is():
    blame = Blame()
    for _ in range(3):
        blame.is_its_own("a", failures.RequestRejected("x"))
    assert blame.reachable
    blame.is_its_own("b", failures.RequestRejected("x"))
    assert not blame.reachable


def test_the_pause_is_what_a_server_asks_for_but_not_for_ever():
    limited = failures.RateLimited("x")
    assert pause_s(limited, its_own=False) == PAUSE_S
    limited.retry_after = 7.0
    assert pause_s(limited, its_own=False) == 7
    limited.retry_after = 86400.0
    assert pause_s(limited, its_own=False) == LONGEST_PAUSE_S
