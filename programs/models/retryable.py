"""From the exceptions of DSPy and LiteLLM to the typed failures of programs.table.failures.

DSPy already maps most of its backends' exceptions to its own; here the last step is taken, which says whose fault
it is. What DSPy cannot tell apart (a content filter's refusal, a context overflow that a compatible
server reports in its own words) is read from the exceptions underneath.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy.clients._http import retry_after_seconds
from dspy.clients.engines.litellm_errors import to_lm15_error
from dspy.clients.errors import wrap_error
from dspy.lm15 import LM15Error
from dspy.utils import exceptions as dspy_errors

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

EXCERPT = 240
"""Characters of a provider's message, or of an unparseable reply, that are worth showing."""

_BY_CLASS: tuple[tuple[type[Exception], type[InfrastructureFailure | ProgramFault]], ...] = (
    (dspy_errors.ContextWindowExceededError, ContextOverflow),
    (dspy_errors.LMRateLimitError, RateLimited),
    (dspy_errors.LMTimeoutError, ModelTimeout),
    (dspy_errors.LMAuthError, AuthenticationFailed),
    (dspy_errors.LMNotConfiguredError, AuthenticationFailed),
    (dspy_errors.LMBillingError, OutOfCredit),
    (dspy_errors.LMUnsupportedModelError, UnknownModel),
    (dspy_errors.LMInvalidRequestError, RequestRejected),
    (dspy_errors.LMUnsupportedFeatureError, RequestRejected),
    (dspy_errors.LMTransportError, ModelUnreachable),
    (dspy_errors.LMError, InfrastructureFailure),
    (TimeoutError, ModelTimeout),
    (ConnectionError, ModelUnreachable),
)
_WRAPPING = re.compile(r"^(?:(?:litellm\.)?\w+(?:Error|Exception|Timeout)\s*(?::|-)\s*)+")
_ADVICE = re.compile(r" To fix: |\.? Traceback \(most recent call last\)")
_UNREACHABLE = {"ConnectError", "APIConnectionError", "ConnectionRefusedError"}
"""Classes of httpx, the SDKs and Python, by name; LiteLLM reports some of them as the server's own errors."""
_REFUSAL_CODES = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}
_OVERFLOW_CODES = {"exceed_context_size_error", "context_length_exceeded"}


def classify(exception: Exception) -> Exception:
    """The typed failure that `exception` means; `exception` itself when it is one already, or a bug of ours.

    Use as `raise classify(error) from error`. A wait that the server asked for (seconds) is on the
    failure as `retry_after`.
    """
    if isinstance(exception, InfrastructureFailure | ProgramFault):
        return exception
    if isinstance(exception, dspy_errors.AdapterParseError):
        return UnparseableOutput(_unparseable(exception))
    error = _as_dspy_error(exception)
    message = _sentence(error)
    causes = [*_chain(exception), error]
    failure = _by_detail(causes) or next((failure for known, failure in _BY_CLASS if isinstance(error, known)), None)
    return _with_wait(failure(message), exception) if failure else exception


def _by_detail(causes: list[BaseException]) -> type[InfrastructureFailure | ProgramFault] | None:
    """What the exceptions underneath say more exactly than DSPy's class; None when they do not."""
    codes = {code for cause in causes for code in _codes(cause)}
    # By name, since LiteLLM takes seconds to import and is not there at all in an embedded-only process.
    names = {type(cause).__name__ for cause in causes}
    if codes & _REFUSAL_CODES or "ContentPolicyViolationError" in names:
        return Refusal
    if codes & _OVERFLOW_CODES:
        return ContextOverflow
    return ModelUnreachable if names & _UNREACHABLE else None


def retry_after(exception: BaseException) -> float | None:
    """Seconds that the server asked to wait, None when it did not; wherever the libraries left its headers."""
    for cause in _chain(exception):
        response = getattr(cause, "response", None)
        headers = getattr(cause, "litellm_response_headers", None) or getattr(response, "headers", None) or {}
        for stated in (getattr(cause, "retry_after", None), headers.get("retry-after")):
            if (seconds := retry_after_seconds(stated)) is not None:
                return seconds
    return None


def _as_dspy_error(exception: Exception) -> Exception:
    """LiteLLM's and lm15's exceptions as DSPy's; everything else as it is."""
    canonical = to_lm15_error(exception)
    return wrap_error(canonical, model="") if isinstance(canonical, LM15Error) else exception


def _chain(exception: BaseException | None) -> Iterator[BaseException]:
    """`exception` and what caused it or was being handled when it was raised, outermost first."""
    seen: set[int] = set()
    while exception is not None and id(exception) not in seen:
        yield exception
        seen.add(id(exception))
        exception = exception.__cause__ or exception.__context__


def _codes(exception: BaseException) -> Iterator[str]:
    """What the provider calls its error, in all the places where servers put it."""
    body = getattr(exception, "body", None)
    detail = body.get("error", body) if isinstance(body, dict) else {}
    for source in (vars(exception), detail if isinstance(detail, dict) else {}):
        yield from (str(source[key]) for key in ("provider_code", "code", "type") if source.get(key) is not None)


def _with_wait(failure: InfrastructureFailure | ProgramFault, exception: Exception) -> Exception:
    if isinstance(failure, InfrastructureFailure):
        failure.retry_after = retry_after(exception)
    return failure


def _sentence(error: Exception) -> str:
    """What the provider said, on one line: without the names of exception classes and the generic advice around it."""
    said = " ".join(str(getattr(error, "message", None) or error).split())
    said = _shortened(_WRAPPING.sub("", _ADVICE.split(said)[0]))
    return said or type(error).__name__


def _unparseable(error: dspy_errors.AdapterParseError) -> str:
    reply = _shortened(" ".join(str(error.lm_response or "").split()))
    fields = ", ".join(error.signature.output_fields)
    return f"the reply does not fit the fields {fields}: {reply!r}" if reply else "the reply is empty"


def _shortened(text: str) -> str:
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"
