from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data.dimensions import DIMENSIONS, SPECS
from data.domain import CreditorPolicy, Move, MoveKind
from data.terms import PartialTerms, Terms

FIRM = Terms(discount_pct=0, immediate_payment_pct=50, immediate_payment_days=1, installment_periods=3)
SOFT = Terms(discount_pct=30, immediate_payment_pct=5, immediate_payment_days=14, installment_periods=24)
PACKAGES = st.builds(
    Terms, **{name: st.integers(max(1, spec.bounds[0]), min(60, spec.bounds[1])) for name, spec in SPECS.items()}
)


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
def test_the_bounds_of_the_table_are_those_of_every_type_that_holds_terms(spec):
    low, high = spec.bounds
    for value, possible in ((low, True), (high, True), (low - 1, False), (high + 1, False)):
        makers = (
            lambda value=value: Terms.model_validate({**FIRM.model_dump(), spec.name: value}),
            lambda value=value: PartialTerms.model_validate({spec.name: value}),
            lambda value=value: CreditorPolicy.model_validate({f"min_{spec.name}": low, f"max_{spec.name}": value}),
        )
        for make in makers:
            if possible:
                make()
            else:
                with pytest.raises(ValidationError):
                    make()


@given(PACKAGES, PACKAGES)
def test_no_package_is_softer_than_the_softest_of_the_two(a, b):
    softest = a.softest_with(b)
    assert a.softer_in(softest) == b.softer_in(softest) == ()
    assert set(softest.softer_in(a)) == set(b.softer_in(a))


def test_a_smaller_first_payment_is_softer_and_so_is_more_of_anything_else():
    assert SOFT.softer_in(FIRM) == DIMENSIONS
    assert FIRM.softer_in(SOFT) == ()
    assert FIRM.with_value("immediate_payment_pct", 40).softer_in(FIRM) == ("immediate_payment_pct",)


def test_between_keeps_the_ends_and_counts_in_whole_numbers():
    assert (FIRM.between(SOFT, 0), FIRM.between(SOFT, 1)) == (FIRM, SOFT)
    halfway = FIRM.between(SOFT, 0.5)
    assert all(float(getattr(halfway, d)).is_integer() for d in DIMENSIONS)
    assert FIRM.softer_in(halfway) == halfway.softer_in(SOFT) == ()


def test_moves_by_name():
    assert Move.ask(SOFT) == Move(kind=MoveKind.ASK, terms=PartialTerms.of(SOFT))
    assert Move.ask(SOFT).named == SOFT.model_dump()
    assert (Move.accept().kind, Move.reject().kind) == (MoveKind.ACCEPT, MoveKind.REJECT)
    assert Move.accept().named == Move.reject().named == {}
