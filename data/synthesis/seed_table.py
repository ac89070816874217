"""The real borrowers that the debtor book is synthesised from: provenance and licence in data/README.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

SEED_TABLE = Path(__file__).with_name("seed") / "credit_scoring.csv"
"""4,454 credit applicants of a Spanish lender; amounts in thousands of pesetas, income and expenses a month."""

NUMERIC = ("Seniority", "Time", "Age", "Expenses", "Income", "Assets", "Debt", "Amount", "Price")

CATEGORIES: dict[str, tuple[str, ...]] = {
    "Home": ("parents", "other", "priv", "rent", "owner"),
    "Marital": ("single", "divorced", "separated", "widow", "married"),
    "Records": ("no", "yes"),
    "Job": ("others", "partime", "freelance", "fixed"),
}
"""The categorical columns, each in the order in which a rank correlation treats it: from loose to settled."""

COLUMNS = (*NUMERIC, *CATEGORIES)


def defaulted_borrowers() -> pd.DataFrame:
    """The 1,254 bad rows as numbers: categories as positions in `CATEGORIES`, NaN where the table has no value.

    `Home` "ignore" (nine rows) is how the table says that it does not know, so it is NaN too.
    """
    table = pd.read_csv(SEED_TABLE)
    bad = table.loc[table["Status"] == "bad"]
    coded = {name: pd.Categorical(bad[name], order).codes for name, order in CATEGORIES.items()}
    numbers = {name: np.where(codes < 0, np.nan, codes) for name, codes in coded.items()}
    return pd.DataFrame({**{name: bad[name].to_numpy(float) for name in NUMERIC}, **numbers}, columns=list(COLUMNS))


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with the categories as words again."""
    return frame.assign(**{name: np.array(order)[frame[name].astype(int)] for name, order in CATEGORIES.items()})
