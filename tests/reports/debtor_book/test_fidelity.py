from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from data.synthesis import applicants
from data.synthesis.seed_table import defaulted_borrowers
from reports.debtor_book.fidelity import NEAR_SHARE, book_frame, column_fits, correlation_fit, privacy
from tests.data.builders import make_case


def table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.standard_normal((rows, 3)), columns=["a", "b", "c"])


def test_a_table_is_like_itself_and_unlike_a_shifted_one() -> None:
    real = table(400, 0)
    assert [fit.distance for fit in column_fits(real, real)] == [0, 0, 0]
    shifted = column_fits(real + 2, real)[0]
    assert shifted.distance > 0.6
    assert shifted.chance == pytest.approx(1.358 * np.sqrt(2 / 400))
    assert correlation_fit(real, real).largest == 0


def test_a_lost_correlation_is_seen() -> None:
    real = table(500, 0).assign(b=lambda rows: rows["a"] + 0.1 * rows["b"])
    shuffled = real.assign(b=real["b"].sample(frac=1, random_state=1, ignore_index=True))
    fit = correlation_fit(shuffled, real)
    assert fit.largest > 0.8
    assert fit.chance < 0.1 < fit.mean


def test_copied_rows_are_found_out() -> None:
    real = table(500, 0)
    copied = privacy(pd.concat([real.head(50), table(450, 1)], ignore_index=True), real)
    assert copied.copies == 50
    assert copied.close_share > NEAR_SHARE + 0.07
    assert privacy(table(500, 2), real).close_share == pytest.approx(NEAR_SHARE, abs=0.03)


def test_the_shipped_rows_are_like_the_seed_and_copy_nobody() -> None:
    real, drawn = defaulted_borrowers(), applicants(975, 0)
    assert all(fit.distance < fit.chance for fit in column_fits(drawn, real))
    correlation = correlation_fit(drawn, real)
    assert correlation.mean < 1.5 * correlation.chance
    near = privacy(drawn, real)
    assert near.copies == 0
    assert near.close_share < NEAR_SHARE


def test_a_book_is_read_in_the_unit_of_the_seed() -> None:
    frame = book_frame([make_case(monthly_income=600_000, age=41), make_case(age=None)])
    assert frame["Income"].tolist() == [100, 100]
    assert frame["Age"].tolist()[0] == 41
    assert np.isnan(frame["Age"].tolist()[1])
