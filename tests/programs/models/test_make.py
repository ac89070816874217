"""Model strings, the check before long work, and calls through LiteLLM over HTTP."""

from __future__ import annotations

import socket
from typing import Literal

import dspy
import pytest
from pydantic import BaseModel, Field

from plumbing.errors import UserError
from programs.models.accounts import CostAccount
from programs.models.make import check_lm, classify, make_lm
from programs.models.remote import LONGEST_WAIT_S, RETRIES
from programs.table.failures import (
    AuthenticationFailed,
    ContextOverflow,
    InfrastructureFailure,
    ModelTimeout,
    ModelUnreachable,
    OutOfCredit,
    RateLimited,
    Refusal,
    UnknownModel,
    UnparseableOutput,
)
from tests.openai_server import Reply, completion

MODEL = "openai/gpt-4o-mini"


class Verdict(BaseModel):
    approve: bool
    step: Literal["hold", "down"]
    months: int = Field(ge=3, le=24)


class Judging(dspy.Signature):
    """Judge the offer."""

    offer: str = dspy.InputField()
    verdict: Verdict = dspy.OutputField()


@pytest.fixture
def waits(monkeypatch):
    """The waits between attempts, recorded instead of slept."""
    recorded: list[float] = []

    def nap(seconds: float) -> None:
        if seconds > 0:
            recorded.append(seconds)

    for module in ("programs.models.remote", "programs.models.pace"):
        monkeypatch.setattr(f"{module}.nap", nap)
    monkeypatch.setattr("programs.models.pace.now", lambda: sum(recorded))
    monkeypatch.setattr("programs.models.pace._paces", {})
    return recorded


def judge(lm: dspy.LM) -> Verdict:
    with dspy.context(lm=lm, adapter=dspy.JSONAdapter()):
        return dspy.Predict(Judging)(offer="5 % off").verdict


def failure_of(lm: dspy.LM) -> Exception:
    with pytest.raises(Exception) as caught:
        judge(lm)
    return classify(caught.value)


# --- through LiteLLM, over HTTP -------------------------------------------------------------------------------


def test_a_call_carries_key_schema_and_settings_and_returns_a_typed_answer(server):
    verdict = judge(make_lm(MODEL, temperature=0.0, max_tokens=123, seed=0))
    assert isinstance(verdict, Verdict)
    [request], [headers] = server.requests, server.headers
    assert headers["Authorization"] == "Bearer sk-test"
    assert (request["model"], request["max_tokens"], request["temperature"], request["seed"]) == (
        "gpt-4o-mini",
        123,
        0.0,
        0,
    )
    assert "Judge the offer." in request["messages"][0]["content"]
    months = request["response_format"]["json_schema"]["schema"]["$defs"]["Verdict"]["properties"]["months"]
    assert (months["minimum"], months["maximum"]) == (3, 24)


def test_without_a_seed_none_is_sent(server):
    judge(make_lm(MODEL))
    assert "seed" not in server.requests[0]


def test_a_model_that_litellm_does_not_list_gets_the_schema_too(server):
    judge(make_lm("openai/my-own-model"))
    assert server.requests[0]["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(("cache", "calls"), [(True, 1), (False, 2)])
def test_the_same_question_is_sent_once_unless_the_cache_is_off(server, cache, calls):
    lm = make_lm(MODEL, cache=cache)
    assert judge(lm) == judge(lm)
    assert len(server.requests) == calls


def test_a_rate_limit_is_waited_out_as_long_as_the_server_says(server, waits):
    server.replies = [Reply.error(429, "rate_limit_exceeded", Retry_After="7")]
    assert judge(make_lm(MODEL)).months >= 3
    assert waits == [7.0]
    assert len(server.requests) == 2


def test_a_server_that_asks_for_a_very_long_wait_is_not_waited_for(server, waits):
    server.replies = [Reply.error(429, "rate_limit_exceeded", Retry_After="3600")]
    assert failure_of(make_lm(MODEL)).retry_after == 3600 > LONGEST_WAIT_S
    assert (len(server.requests), waits) == (1, [])


def test_without_a_retry_after_the_waits_double(server, waits):
    server.replies = [Reply.error(503, "overloaded") for _ in range(RETRIES)]
    judge(make_lm(MODEL))
    assert all(2**n <= wait <= 1.25 * 2**n for n, wait in enumerate(waits))
    assert len(waits) == RETRIES == 4
    assert len(server.requests) == 1 + RETRIES, "LiteLLM or the SDK retried on its own"


FAULTS = [
    pytest.param(Reply.error(401, "invalid_api_key"), AuthenticationFailed, id="wrong-key"),
    pytest.param(Reply.error(403, "forbidden"), AuthenticationFailed, id="forbidden"),
    pytest.param(Reply.error(404, "model_not_found"), UnknownModel, id="unknown-model"),
    pytest.param(Reply.error(429, "insufficient_quota"), OutOfCredit, id="no-credit"),
    pytest.param(Reply.error(400, "context_length_exceeded"), ContextOverflow, id="context"),
    pytest.param(
        Reply(400, {"error": {"code": 400, "type": "exceed_context_size_error", "message": "request (9 tokens) exceeds"
                                                                                           " the available context"}}),
        ContextOverflow,
        id="context-in-llama.cpp's-words",
    ),
    pytest.param(Reply.error(400, "content_policy_violation", "rejected by our safety system"), Refusal, id="refusal"),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "failure"), FAULTS)
def test_a_permanent_error_becomes_its_failure_after_one_request(server, waits, reply, failure):
    server.replies = [reply]
    assert type(failure_of(make_lm(MODEL))) is failure
    assert len(server.requests) == 1
    assert waits == []


@pytest.mark.parametrize(
    ("reply", "failure", "kind"),
    [
        (Reply.error(429, "rate_limit_exceeded", Retry_After="7"), RateLimited, "rate_limit"),
        (Reply.error(500, "server_error"), InfrastructureFailure, "provider_error"),
    ],
)
def test_a_passing_error_that_does_not_pass_becomes_its_failure_after_all_retries(server, waits, reply, failure, kind):
    server.replies = [Reply(reply.status, reply.body, reply.headers) for _ in range(1 + RETRIES)]
    found = failure_of(make_lm(MODEL))
    assert (type(found), found.kind, len(server.requests)) == (failure, kind, 1 + RETRIES)
    assert found.retry_after == (7.0 if failure is RateLimited else None)


def test_a_slow_server_is_a_timeout(server, waits):
    server.replies = [Reply(delay_s=0.5) for _ in range(1 + RETRIES)]
    assert type(failure_of(make_lm(MODEL, timeout_s=0.05))) is ModelTimeout


def test_a_refused_connection_is_an_unreachable_model(monkeypatch, waits):
    monkeypatch.setenv("OPENAI_API_BASE", closed_address())
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    assert type(failure_of(make_lm(MODEL))) is ModelUnreachable


@pytest.mark.parametrize("content", [None, "", "I would rather not.", '{"verdict": {"approve": true}}'])
def test_a_reply_without_the_fields_is_the_programs_fault(server, content):
    server.replies = [Reply(body=completion({}, content))]
    assert type(failure_of(make_lm(MODEL))) is UnparseableOutput


def test_a_reply_cut_at_the_token_limit_is_counted(server):
    server.replies = [Reply(body=completion({}, '{"verdict": {"approve": true, "step": "hold", "months": 5', "length"))]
    account = CostAccount()
    with account.watching():
        judge(make_lm(MODEL))
    assert account.total.truncated_calls == 1


# --- the check before long work -------------------------------------------------------------------------------


def test_the_check_is_one_small_uncached_call(server):
    lm = make_lm(MODEL)
    check_lm(lm)
    check_lm(lm)
    assert [request["max_tokens"] for request in server.requests] == [5, 5]
    assert (lm.cache, lm.retries, lm.kwargs["max_tokens"]) == (True, RETRIES, 400)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply.error(401, "invalid_api_key"), "refused the key: check the key"),
        (Reply.error(404, "model_not_found"), "knows no model openai/gpt-4o-mini: check the name"),
        (Reply.error(429, "rate_limit_exceeded", Retry_After="3600"), "because of its rate limit: wait"),
        (Reply.error(429, "insufficient_quota"), "has no credit left"),
        (Reply.error(500, "server_error", "on fire"), "does not answer (on fire)"),
    ],
)
def test_the_check_says_in_one_sentence_what_is_wrong_without_waiting(server, waits, reply, words):
    server.replies = [reply]
    with pytest.raises(UserError) as caught:
        check_lm(make_lm(MODEL))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert waits == []


def test_the_check_names_the_address_where_nobody_answers(monkeypatch):
    monkeypatch.setenv("OPENAI_API_BASE", closed_address())
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with pytest.raises(UserError, match=r"no server answers for openai/gpt-4o-mini at http://127\.0\.0\.1:\d+/v1"):
        check_lm(make_lm(MODEL))


@pytest.mark.parametrize(
    ("model", "variables"),
    [
        (MODEL, "OPENAI_API_KEY"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("gemini/gemini-2.5-flash", "GOOGLE_API_KEY or GEMINI_API_KEY"),
    ],
)
def test_a_missing_key_names_the_environment_variable(model, variables, capsys):
    with pytest.raises(UserError, match=f"^no key for {model}: set the environment variable {variables}$"):
        check_lm(make_lm(model))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("model", ["gpt4", "nobody/knows"])
def test_an_unknown_provider_is_named_without_litellms_noise(model, capsys):
    with pytest.raises(UserError, match=f"'{model}' names no provider"):
        check_lm(make_lm(model))
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


# --- names and settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["", "  ", "openai/"])
def test_a_name_without_a_model_is_refused(model):
    with pytest.raises(UserError):
        make_lm(model)


def test_a_reasoning_model_chooses_temperature_and_length_itself():
    lm = make_lm("openai/gpt-5")
    assert (lm.kwargs["temperature"], lm.kwargs["max_completion_tokens"]) == (None, None)


def test_the_name_of_a_model_file_tells_its_content_so_that_cached_answers_never_mix(tmp_path):
    names = []
    for content in (b"GGUF one", b"GGUF two"):
        file = tmp_path / content.decode().replace(" ", "-") / "tiny.Q4.gguf"
        file.parent.mkdir()
        file.write_bytes(content)
        names.append(make_lm(f"local:{file}").model)
    assert all(name.startswith("embedded/tiny.Q4-") for name in names)
    assert names[0] != names[1]


def test_a_missing_model_file_is_named():
    with pytest.raises(UserError, match=r"there is no model file /nowhere/x\.gguf"):
        make_lm("local:/nowhere/x.gguf")


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "x.gguf").write_text("hello")
    with pytest.raises(UserError, match=r"x\.gguf is no GGUF model file"):
        make_lm(f"local:{tmp_path / 'x.gguf'}")


@pytest.mark.parametrize("asked", [3, None])
def test_threads_of_an_embedded_model_are_obeyed_or_chosen_call_by_call(tmp_path, asked):
    (tmp_path / "x.gguf").write_bytes(b"GGUF")
    assert make_lm(f"local:{tmp_path / 'x.gguf'}", threads=asked).engine.settings.threads == asked


def closed_address() -> str:
    """An address on this machine where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"
