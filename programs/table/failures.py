"""Typed failures: whose fault it is decides whether it is a score.

`InfrastructureFailure`: the provider, the network, a limit. Never a score; retried, then reported as coverage.
`ProgramFault`: the model's output or the program itself. Scored, as a negotiation without agreement.
"""

from __future__ import annotations


class InfrastructureFailure(Exception):
    """Nobody at the table is to blame: the negotiation is left unscored."""

    kind = "provider_error"
    retry_after: float | None = None
    """Seconds that the server asked to wait, None when it did not say."""


class RateLimited(InfrastructureFailure):
    """The provider takes no more calls for now."""

    kind = "rate_limit"


class ModelTimeout(InfrastructureFailure):
    """No answer in the time allowed for one attempt."""

    kind = "timeout"


class ModelUnreachable(InfrastructureFailure):
    """No server answers, or the connection broke."""

    kind = "unreachable"


class AuthenticationFailed(InfrastructureFailure):
    """The key is missing, wrong, or may not use the model."""

    kind = "authentication"


class OutOfCredit(InfrastructureFailure):
    """The account behind the key is empty: waiting does not help."""

    kind = "out_of_credit"


class UnknownModel(InfrastructureFailure):
    """The provider has no model of that name."""

    kind = "unknown_model"


class RequestRejected(InfrastructureFailure):
    """The provider takes calls, but not this one: sent again, it is rejected again."""

    kind = "bad_request"


class ProgramFault(Exception):
    """The program could not produce a legal turn."""

    kind = "program_fault"


class UnparseableOutput(ProgramFault):
    """The reply does not have the fields that the signature asks for."""

    kind = "unparseable_output"


class ContextOverflow(ProgramFault):
    """The prompt outgrew the model's context: a longer prompt is the program's doing."""

    kind = "context_overflow"


class Refusal(ProgramFault):
    """The model declined to answer (content filter)."""

    kind = "refusal"
