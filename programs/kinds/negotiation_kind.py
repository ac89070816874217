"""The first kind: a program negotiates with a debtor, and the dialogue is scored by thirteen metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from typing_extensions import override

from data.amounts import minor_digits
from data.book import SHIPPED_BOOK, DebtorBook, read_book
from data.book.split import SplitName
from data.book.stratified_sample import sampled_parts
from data.circumstance import Circumstance, CircumstanceKind
from data.domain import DebtCase, Ending, Negotiation
from metrics.evaluator import score_many
from metrics.feedback import feedback
from metrics.money.weights import default_weights
from metrics.scorecard import INDICES, METRIC_VERSION, METRICS, Role, Scorecard
from programs.creditor.settings import PROGRAM_NAMES, ProgramSettings, Variant
from programs.debtor.simulated import SimulatedDebtor
from programs.kinds.kind import CallSizes, Kind, KindWords, Span
from programs.maden import Maden
from programs.table import words
from signatures.options import FactsHeard

PLANNER, NEGOTIATOR, SPEAKER = "planner.predict", "negotiator.predict", "negotiator.speak"
HEARER = "negotiator.hearing.predict"
TAUGHT = frozenset({PLANNER, NEGOTIATOR, SPEAKER, HEARER})
"""The predictors that are given demonstrations; the judge gets none, since it cannot raise the score by itself."""

SHORT_ONES = 4
"""Demonstrations of one sentence each take the place of one that holds a dialogue."""

CALLS: dict[Variant, Span] = {
    Variant.VANILLA: Span(2, 10),
    Variant.PLANNED: Span(4, 12),
    Variant.JUDGED: Span(4, 24),
    Variant.MADEN: Span(6, 24),
    Variant.LISTENING: Span(0, 3),
}
"""Creditor-side calls that one negotiation usually takes: from a quick agreement to ten rounds with redrafts."""


class NegotiationKind(Kind):
    """Programs at the creditor's seat (`programs.maden`)."""

    name = "negotiation"
    words = KindWords(example="debtor", record="negotiation")
    programs = PROGRAM_NAMES
    program_class = Maden
    settings_class = ProgramSettings
    record_class = Negotiation
    metrics = METRICS
    indices = INDICES
    metric_version = METRIC_VERSION
    code = ("programs.maden", "programs.creditor.rules", "programs.debtor.seating")
    takes = frozenset({"debtor", "policy", "stratify", "temperature"})

    @property
    @override
    def weights_sha256(self) -> str:
        return default_weights().fingerprint

    @override
    def sizes(self, program: str) -> CallSizes:
        variant = ProgramSettings.named(program).variant
        return CallSizes(
            calls=CALLS[variant],
            tokens_in=Span(1000, 1500),  # measured with the embedded model's vocabulary
            tokens_in_per_demo=700,  # a demonstration's inputs are kept whole
            tokens_out=Span(60, 100),
            new_tokens=Span(150, 450),
            embedded_seconds=Span(6, 9),  # measured, with prompts of 1,000 to 2,200 tokens
            predictors=1 + variant.plans + variant.judges,
        )

    @override
    def book(self, path: Path | None) -> DebtorBook:
        return read_book(path)

    @override
    def sampled(self, path: Path | None, counts: Mapping[SplitName, int]) -> DebtorBook:
        return sampled_parts(path or SHIPPED_BOOK, counts)

    @override
    def uncompiled(self, program: str, *, policy: Any, temperature: float | None, outside: Any) -> Maden:
        return self.bare(ProgramSettings.named(program, policy=policy, temperature=temperature), outside)

    @override
    def bare(self, settings: Any, outside: Any = None, of: type | None = None) -> Maden:
        made: Maden = (of or Maden)(settings, outside or SimulatedDebtor)
        return made

    @override
    def score(self, records: Sequence[Negotiation]) -> list[Scorecard]:
        return score_many(records)

    @override
    def unplayed(self, program: Any, case: DebtCase, seed: int, failure: str) -> Negotiation:
        policy = program.settings.policy if isinstance(program, Maden) else program.policy
        return Negotiation(case=case, turns=(), ending=Ending.INFRASTRUCTURE, policy=policy, seed=seed, failure=failure)

    @override
    def feedback(self, record: Negotiation, card: Scorecard, predictor: str) -> str:
        return feedback(record, card, cast(Role, predictor.partition(".")[0]))

    @override
    def uncompiled_name(self, settings: Any) -> str:
        return str(settings.name)

    @override
    def taught(self, predictors: Iterable[str]) -> list[str]:
        return [name for name in sorted(predictors) if name in TAUGHT]

    @override
    def most_demos(self, predictor: str, max_demos: int) -> int:
        return max_demos * SHORT_ONES if predictor == HEARER else max_demos

    @override
    def right_answers(self, case: DebtCase) -> dict[str, dict[str, Any]]:
        """What a circumstance's sentence says; nobody knows what else would have been right."""
        told = case.circumstance
        return {} if told is None else {HEARER: {"heard": facts_told(told, case.debt.currency)}}

    @override
    def told_by(self, case: DebtCase) -> tuple[str, str]:
        return "account", words.account(case.creditor_view())


def facts_told(told: Circumstance, currency: str) -> FactsHeard:
    """What should be heard of a circumstance."""
    per_major = 10 ** minor_digits(currency)
    return FactsHeard(
        other_income_a_month=told.of(CircumstanceKind.SECOND_INCOME) // per_major,
        highest_payment_a_month=told.of(CircumstanceKind.MONTHLY_LIMIT) // per_major,
        days_until_first_payment=told.of(CircumstanceKind.PAYDAY),
    )


NEGOTIATIONS = NegotiationKind()
