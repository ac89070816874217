"""Typed failures: whose fault it is decides whether it is a score.

`InfrastructureFailure`: the provider, the network, a limit. Never a score; retried, then reported as coverage.
`ProgramFault`: the model's output or the program itself. Scored, as a negotiation without agreement.
"""

from __future__ import annotations


class InfrastructureFailure(Exception):
    """Nobody at the table is to blame: the negotiation is left unscored."""

    kind = "provider_error"


class RateLimited(InfrastructureFailure):
    kind = "rate_limit"


class ModelTimeout(InfrastructureFailure):
    kind = "timeout"


class ModelUnreachable(InfrastructureFailure):
    kind = "unreachable"


class AuthenticationFailed(InfrastructureFailure):
    kind = "authentication"


class UnknownModel(InfrastructureFailure):
    kind = "unknown_model"


class ProgramFault(Exception):
    """The program could not produce a legal turn."""

    kind = "program_fault"


class UnparseableOutput(ProgramFault):
    kind = "unparseable_output"


class ContextOverflow(ProgramFault):
    """The prompt outgrew the model's context: a longer prompt is the program's doing."""

    kind = "context_overflow"


class Refusal(ProgramFault):
    """The model declined to answer (content filter)."""

    kind = "refusal"
