"""Every exception that a model call can raise ends as the failure that says whose fault it is."""

from __future__ import annotations

import dspy
import httpx
import litellm
import pytest
from dspy.utils import exceptions as dspy_errors

from programs.models.retryable import EXCERPT, classify
from programs.table.failures import (
    AuthenticationFailed,
    ContextOverflow,
    InfrastructureFailure,
    ModelTimeout,
    ModelUnreachable,
    OutOfCredit,
    ProgramFault,
    RateLimited,
    Refusal,
    RequestRejected,
    UnknownModel,
    UnparseableOutput,
)

Answering = dspy.Signature("question -> answer")


def from_litellm(name: str, **extra: object) -> Exception:
    settings = {"message": "it said no", "model": "m", "llm_provider": "openai", **extra}
    return getattr(litellm, name)(**settings)


DSPY = [
    (dspy_errors.LMRateLimitError("x"), RateLimited),
    (dspy_errors.LMTimeoutError("x"), ModelTimeout),
    (dspy_errors.LMAuthError("x"), AuthenticationFailed),
    (dspy_errors.LMNotConfiguredError("x"), AuthenticationFailed),
    (dspy_errors.LMBillingError("x"), OutOfCredit),
    (dspy_errors.LMUnsupportedModelError("x"), UnknownModel),
    (dspy_errors.LMTransportError("x"), ModelUnreachable),
    (dspy_errors.LMInvalidRequestError("x"), RequestRejected),
    (dspy_errors.LMServerError("x"), InfrastructureFailure),
    (dspy_errors.LMUnexpectedError("x"), InfrastructureFailure),
    (dspy_errors.ContextWindowExceededError(), ContextOverflow),
    (dspy_errors.AdapterParseError("JSONAdapter", Answering, "hm"), UnparseableOutput),
]
LM15 = [
    (dspy.lm15.RateLimitError("x"), RateLimited),
    (dspy.lm15.ContextLengthError("x"), ContextOverflow),
    (dspy.lm15.InvalidRequestError("x"), RequestRejected),
    (dspy.lm15.ServerError("x"), InfrastructureFailure),
    (dspy.lm15.TimeoutError("x"), ModelTimeout),
]
LITELLM = [
    (from_litellm("RateLimitError"), RateLimited),
    (from_litellm("Timeout"), ModelTimeout),
    (from_litellm("AuthenticationError"), AuthenticationFailed),
    (from_litellm("NotFoundError"), UnknownModel),
    (from_litellm("APIConnectionError"), ModelUnreachable),
    (from_litellm("InternalServerError"), InfrastructureFailure),
    (from_litellm("ServiceUnavailableError"), InfrastructureFailure),
    (from_litellm("ContextWindowExceededError"), ContextOverflow),
    (from_litellm("ContentPolicyViolationError"), Refusal),
    (from_litellm("BadRequestError"), RequestRejected),
]
PYTHON = [
    (ConnectionRefusedError("x"), ModelUnreachable),
    (TimeoutError("x"), ModelTimeout),
    (httpx.ConnectError("x"), ModelUnreachable),
]
CASES = DSPY + LM15 + LITELLM + PYTHON


@pytest.mark.parametrize(
    ("exception", "failure"),
    [pytest.param(*case, id=f"{type(case[0]).__module__}-{type(case[0]).__name__}") for case in CASES],
)
def test_real_exceptions_become_their_failure(exception, failure):
    assert type(classify(exception)) is failure


@pytest.mark.parametrize("bug", [KeyError("x"), TypeError("x"), ValueError("x"), ZeroDivisionError()])
def test_a_bug_of_ours_stays_a_bug(bug):
    assert classify(bug) is bug


@pytest.mark.parametrize("failure", [RateLimited("x"), UnparseableOutput("x")])
def test_a_typed_failure_stays_itself(failure):
    assert classify(failure) is failure


def test_nobodys_fault_and_the_programs_fault_never_meet():
    assert not issubclass(InfrastructureFailure, ProgramFault)
    assert not issubclass(ProgramFault, InfrastructureFailure)


def test_the_wait_that_a_server_asked_for_is_kept():
    assert classify(dspy_errors.LMRateLimitError("x", retry_after=12)).retry_after == 12
    error = from_litellm("RateLimitError")
    error.litellm_response_headers = httpx.Headers({"Retry-After": "3"})
    assert classify(error).retry_after == 3


def test_the_message_is_what_the_provider_said_on_one_line():
    assert str(classify(from_litellm("RateLimitError", message="it said\nno"))) == "it said no"


def test_an_unparseable_reply_is_quoted_in_part():
    failure = classify(dspy_errors.AdapterParseError("JSONAdapter", Answering, "blah " * 500))
    assert str(failure).startswith("the reply does not fit the fields answer: 'blah blah")
    assert len(str(failure)) < EXCERPT + 60


@pytest.mark.parametrize("reply", ["", None])
def test_an_empty_reply_is_called_empty(reply):
    assert str(classify(dspy_errors.AdapterParseError("JSONAdapter", Answering, reply))) == "the reply is empty"
