"""Small builders of debtors for the tests of the data floor."""

from __future__ import annotations

from pathlib import Path

from data.domain import Debt, DebtCase, Debtor, Finances, Persona, Reason

ROW = {
    "case_id": "d-0001",
    "family_id": "",
    "product": "consumer loan",
    "principal": "12000.00",
    "outstanding": "10000.00",
    "overdue_days": "120",
    "currency": "CNY",
    "name": "Wei Chen",
    "age": "41",
    "monthly_income": "6000.00",
    "monthly_expenses": "4000.00",
    "assets": "5000.00",
    "reason": "job_loss",
    "story": "I lost my job.",
    "persona": "hesitant",
}


def make_case(case_id: str = "d-0001", **changes: object) -> DebtCase:
    """A debtor with amounts in minor units; `changes` are leaf fields by name."""
    leaf: dict[str, object] = {
        "product": "consumer loan",
        "principal": 1_200_000,
        "outstanding": 1_000_000,
        "overdue_days": 120,
        "currency": "CNY",
        "name": "",
        "age": None,
        "language": None,
        "monthly_income": 600_000,
        "monthly_expenses": 400_000,
        "assets": 500_000,
        "reason": Reason.JOB_LOSS,
        "story": "",
        "persona": Persona.HESITANT,
        "family_id": None,
        **changes,
    }

    def part(kind: type) -> dict[str, object]:
        return {name: leaf[name] for name in kind.model_fields}

    return DebtCase(
        case_id=case_id,
        family_id=leaf["family_id"],
        debt=Debt.model_validate(part(Debt)),
        debtor=Debtor.model_validate(part(Debtor)),
        finances=Finances.model_validate(part(Finances)),
        persona=leaf["persona"],
    )


def unlike(number: int, **changes: object) -> DebtCase:
    """A debtor whose debt is 3 % or more from that of every other `number` (0 to 300)."""
    figures = {"principal": 2 * 10**6, "outstanding": int(10**6 * 1.03**number), "name": f"N{number}"}
    return make_case(f"d-{number:04d}", **{**figures, **changes})


def csv_file(folder: Path, *rows: dict[str, str], name: str = "book.csv") -> Path:
    """A CSV with the columns of the first row; no quoting, so that tests can break it."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
