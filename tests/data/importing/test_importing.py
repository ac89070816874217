"""Tapes of lenders: five public ones with their true headers, and everything that can be wrong with one."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from data.accounts import read_accounts
from data.book import read_book
from data.importing.importing import TapeFaults, import_tape
from data.importing.tape_map import TapeMap, read_map, shipped_maps
from plumbing.errors import UserError

TAPES = Path(__file__).with_name("tapes")
"""Made-up rows under the true headers."""
PUBLIC = {
    "lending-club": ("LoanStats_securev1.csv", 151),
    "prosper": ("prosperLoanData.csv", 81),
    "home-credit": ("credit_card_balance.csv", 23),
    "sba": ("SBAnational.csv", 27),
    "give-me-some-credit": ("cs-training.csv", 12),
}
FIRST = {
    "lending-club": ("lc-9000001", 1_200_000, 731_246, 75, 550_000, 18.4),
    "prosper": ("K1", 942_500, 630_445, 44, 308_333, 17.0),
    "home-credit": ("hc-2562384", 13_500_000, 6_487_556, 61, None, None),
    "sba": ("sba-1000024006", 51_700_000, 20_895_900, 555, None, None),
    "give-me-some-credit": ("gmsc-2", 8_787_836, 8_787_836, 45, 912_000, 80.3),
}
NUMBER = {"lending-club": 3, "prosper": 2, "home-credit": 2, "sba": 2, "give-me-some-credit": 3}


def test_every_shipped_map_has_a_tape():
    assert set(shipped_maps()) == set(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_tape_becomes_accounts(tmp_path, name):
    file, width = PUBLIC[name]
    found = import_tape(TAPES / file, read_map(name))
    assert not found.makes_book
    assert len(found.rows) == NUMBER[name]
    found.write(tmp_path / "accounts.csv")
    one = read_accounts(tmp_path / "accounts.csv").accounts[0]
    figures = (one.debt.principal, one.debt.outstanding, one.debt.overdue_days)
    assert (one.case_id, *figures, one.monthly_income_at_origination, one.debt_to_income_pct) == FIRST[name]
    header = next(line for line in (TAPES / file).read_text().splitlines() if line.count(",") > 5)
    assert len(header.split(",")) == width


SIMPLE = {
    "currency": "EUR",
    "columns": {
        "case_id": {"column": "Konto"},
        "product": {"constant": "loan"},
        "principal": {"column": "Kredit"},
        "outstanding": {"column": "Offen"},
        "overdue_days": {"column": "Tage"},
    },
}
TEXT = "Konto;Kredit;Offen;Tage\nk-1;1.200,00 €;900,50;64\nk-2;5.000,00 €;4.100,00;95\n"


def simple(**changes: object) -> TapeMap:
    return TapeMap.model_validate({**SIMPLE, **changes})


def written(tmp_path: Path, content: bytes | str, name: str = "tape.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


OWED = [("k-1", "1200.00", "900.50", "64"), ("k-2", "5000.00", "4100.00", "95")]


def owed(found) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in ("case_id", "principal", "outstanding", "overdue_days")) for row in found.rows]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (TEXT.encode(), "UTF-8, semicolon between the cells, header in row 1, decimal comma"),
        (TEXT.encode("utf-8-sig"), "UTF-8 with a byte-order mark, semicolon"),
        (TEXT.encode("utf-16"), "UTF-16, semicolon"),
        (TEXT.encode("cp1252"), "Windows-1252 (a guess"),
        (TEXT.replace(";", "\t").encode(), "UTF-8, tab"),
        (b"sep=;\r\n" + TEXT.encode(), "UTF-8, semicolon between the cells, header in row 1"),
        (b"Stand 30.06.\n\n" + TEXT.encode(), "header in row 3"),
        (TEXT.replace("Konto", " KONTO ").encode() + b";;;\n", "semicolon"),
        (TEXT.replace(";64", ";64.0").encode(), "semicolon"),
    ],
)
def test_what_a_file_is_written_in_is_found_and_told(tmp_path, content, told):
    found = import_tape(written(tmp_path, content, "TAPE.CSV"), simple())
    assert owed(found) == OWED
    assert told in found.told
    assert "\n" not in found.told


def test_an_alphabet_of_another_script_is_guessed(tmp_path):
    text = "Счёт;Кредит;Остаток;Дней просрочки;Заёмщик\nk-1;1200,00;900,50;64;Иванов Пётр Сергеевич\n"
    columns = {
        "case_id": {"column": "Счёт"},
        "product": {"constant": "loan"},
        "principal": {"column": "Кредит"},
        "outstanding": {"column": "Остаток"},
        "overdue_days": {"column": "Дней просрочки"},
        "name": {"column": "Заёмщик"},
    }
    found = import_tape(written(tmp_path, text.encode("cp1251")), TapeMap(currency="RUB", columns=columns))
    assert found.rows[0]["name"] == "Иванов Пётр Сергеевич"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1252", "Åsa Öberg Källström"),
        ("cp1252", "Hélène Gérard dite façade"),
        ("cp1252", "João Conceição Gonçalves"),
        ("cp1252", "Jürgen Groß Müller"),
        ("cp1254", "İbrahim Yıldırım Çağlar Şahin"),
        ("cp1257", "Eglė Čepaitė-Žukauskienė, Šiauliai"),
        ("gb18030", "王小明"),
        ("mac_roman", "Hélène Gérard dite façade"),
    ],
)
def test_names_are_read_as_they_were_written(tmp_path, encoding, name):
    rows = "".join(f"k-{number};1200,00;900,50;64;{name}\n" for number in range(40))
    content = f"Konto;Kredit;Offen;Tage;Kunde\n{rows}".encode(encoding)
    columns = {
        "case_id": {"column": "Konto"},
        "product": {"constant": "loan"},
        "principal": {"column": "Kredit"},
        "outstanding": {"column": "Offen"},
        "overdue_days": {"column": "Tage"},
        "name": {"column": "Kunde"},
    }
    found = import_tape(written(tmp_path, content), TapeMap(currency="EUR", columns=columns))
    assert {row["name"] for row in found.rows} == {name}


def test_a_workbook_parquet_and_json_lines(tmp_path):
    rows = [["k-1", 1200.0, 900.5, datetime(2024, 4, 27)], ["k-2", 5000, 4100, date(2024, 3, 27)]]
    dated = simple(
        as_of=date(2024, 6, 30), columns={**SIMPLE["columns"], "overdue_days": {"column": "Seit", "date": "%Y-%m-%d"}}
    )
    names = ["Konto", "Kredit", "Offen", "Seit"]
    book = openpyxl.Workbook()
    book.active.append(["Report"])
    for row in [names, *rows]:
        book.active.append(row)
    book.save(tmp_path / "Tape.XLSX")
    frame = pd.DataFrame(rows, columns=names)
    frame["Seit"] = pd.to_datetime(frame["Seit"])
    frame.to_parquet(tmp_path / "tape.parquet")
    text = [json.dumps({**dict(zip(names, row, strict=True)), "Seit": str(row[3])[:10]}) for row in rows]
    written(tmp_path, "\n".join(text), "tape.jsonl")
    for name in ("Tape.XLSX", "tape.parquet", "tape.jsonl"):
        assert owed(import_tape(tmp_path / name, dated)) == OWED


def faults(path: Path, tape_map: TapeMap) -> list[str]:
    with pytest.raises(TapeFaults) as caught:
        import_tape(path, tape_map)
    return [fault.told(path.name) for fault in caught.value.faults]


def test_every_fault_is_told_at_once_as_a_spreadsheet_counts(tmp_path):
    content = (
        'Konto,Kredit,Offen,Tage\nk-1,"1,200",nine,5\nk-2,100,0,5\n,,,\nk-2,100,50,x\nk-3,100,50\n'
        'k-4,1 $ 2,50,5\n"k\n5",100,,5\nk-6,"never closed,5,5\nk-7,100,-4,5\n'
    )
    found = faults(written(tmp_path, content), simple())
    assert [sentence.split(": ")[0] for sentence in found] == [
        "tape.csv, row 2, column Offen",
        "tape.csv, row 3, column Offen (outstanding)",
        "tape.csv, row 5, column Konto",
        "tape.csv, row 5, column Tage",
        "tape.csv, row 6",
        "tape.csv, row 7, column Kredit",
        "tape.csv, row 8, column Offen (outstanding)",
        "tape.csv, row 8, column Konto (case_id)",
        "tape.csv, row 9",
        "tape.csv, row 10, column Offen (outstanding)",
    ]
    assert "'nine' is not a number; write digits such as 1234.50" in found[0]
    assert "'k-2' stands already in row 3" in found[2]
    assert "the value is missing; fill it, or leave such rows out by a filter" in found[6]


def test_columns_that_are_not_there_are_told_together(tmp_path):
    found = faults(written(tmp_path, "Konto,Kredite,Open\nk,1,2\n"), simple())
    assert [sentence.split(":")[0] for sentence in found] == [
        f"tape.csv, column {n}" for n in ("Kredit", "Offen", "Tage")
    ]
    assert "known are Konto, Kredite, Open" in found[0]


def test_a_column_that_stands_twice_is_told(tmp_path):
    found = faults(written(tmp_path, "Konto,Kredit,Offen,Tage,offen\nk,1,2,3,4\n"), simple())
    assert found == [
        "tape.csv, column Offen: the map reads this column and the tape has several of this name; rename all but one"
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("tape.csv", b"", "the file is empty"),
        ("tape.csv", b"\n\n", "the file is empty"),
        ("tape.csv", b"PK\x03\x04\x00\x00\x00\xff", "tape.csv is no text but a workbook (.xlsx) or a zip archive"),
        ("tape.csv", b"a\x00b,c\n1,2\n", "has none of this name"),
        ("tape.xlsx", b"Konto,Kredit\n", "the file cannot be read as a workbook"),
        ("tape.parquet", b"PAR1", "the file cannot be read as Parquet"),
        ("tape.jsonl", b"[1]\n", "has none of this name"),
        ("tape.pdf", b"%PDF", "the suffix '.pdf' is none of .csv"),
    ],
)
def test_a_file_that_is_no_tape_is_one_sentence(tmp_path, name, content, said):
    with pytest.raises(UserError) as caught:
        import_tape(written(tmp_path, content, name), simple())
    assert said in str(caught.value)


def test_a_line_of_json_that_is_no_object_hides_no_other_fault(tmp_path):
    lines = [
        {"Konto": "k-1", "Kredit": 100, "Offen": 50.5, "Tage": 3},
        {"Konto": "k-2", "Kredit": 100, "Offen": None, "Tage": 3},
    ]
    text = f"{json.dumps(lines[0])}\nnot json\n\n{json.dumps(lines[1])}\n"
    found = faults(written(tmp_path, text, "tape.jsonl"), simple())
    assert [one.split(":")[0] for one in found] == [
        "tape.jsonl, row 2",
        "tape.jsonl, row 4, column Offen (outstanding)",
    ]


def test_rows_that_no_filter_takes_have_no_faults(tmp_path):
    text = "Konto,Kredit,Offen,Tage,Status\nk-1,100,50,9,late\nk-2,x,,,paid\nTotal,2\n"
    tape = written(tmp_path, text)
    found = import_tape(tape, simple(filters=[{"column": "status", "one_of": ["LATE"]}]))
    assert found.summary(Path("a.csv")) == "a.csv: 1 accounts of 3 rows (2 left out: status does not pass the filter)"
    assert "no row is left to take: 3 rows" in faults(tape, simple(filters=[{"column": "Tage", "above": 400}]))[0]


def test_units_categories_and_conditions(tmp_path):
    text = "id,sum,due,year,why,born,late,n\n1,2.5,1.25,48000,JOB,1980-07-01,-,3\n2,7,6,,sick,2000-06-30,12,0\n"
    columns = {
        "case_id": {"column": "id", "prefix": "c-"},
        "product": {"constant": "loan"},
        "principal": {"column": "sum", "unit": "thousands"},
        "outstanding": {"column": "due", "unit": "thousands"},
        "overdue_days": {"column": "late", "unit": "weeks", "when": [{"column": "n", "above": 2, "value": "99"}]},
        "monthly_income": {"column": "year", "unit": "year", "otherwise": "0"},
        "monthly_expenses": {"constant": "100"},
        "assets": {"constant": "0"},
        "age": {"column": "born", "date": "%Y-%m-%d"},
        "reason": {"column": "why", "values": {"job": "job_loss", "Sick": "illness"}},
    }
    found = import_tape(written(tmp_path, text), TapeMap(currency="USD", as_of=date(2024, 6, 30), columns=columns))
    found.write(tmp_path / "book.csv")
    one, other = read_book(tmp_path / "book.csv").cases
    assert (one.debt.principal, one.debt.outstanding, one.debt.overdue_days) == (250_000, 125_000, 99)
    assert (one.finances.monthly_income, one.finances.reason, one.debtor.age) == (400_000, "job_loss", 43)
    assert (other.debt.overdue_days, other.finances.monthly_income, other.debtor.age) == (84, 0, 24)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": {"case_id": {"column": "a"}}}, "the map lacks columns.product and columns.principal"),
        ({"columns": {**SIMPLE["columns"], "colour": {"column": "x"}}}, "there is no such column"),
        ({"columns": {**SIMPLE["columns"], "assets": {"column": "x"}}}, "assets make it a debtor book"),
        ({"columns": {**SIMPLE["columns"], "age": {"column": "x", "date": "%Y"}}}, "dates need the day"),
        ({"columns": {**SIMPLE["columns"], "age": {}}}, "give one of `column`, `constant` and `row_number"),
        ({"keep": ["Outstanding"]}, "outstanding would stand twice"),
        ({"currncy": "EUR"}, "currncy: there is no such key"),
        ({"currency": "euro"}, "currency: String should match"),
    ],
)
def test_what_is_wrong_with_a_map_is_told(tmp_path, changes, said):
    path = written(tmp_path, as_toml({**SIMPLE, **changes}), "map.toml")
    with pytest.raises(UserError, match="is no map of a tape") as caught:
        read_map(str(path))
    assert said in str(caught.value)


def as_toml(value: dict) -> str:
    """Keys and inline tables; JSON's strings and lists are TOML's."""

    def inline(one: object) -> str:
        if isinstance(one, dict):
            return "{" + ", ".join(f"{json.dumps(key)} = {inline(item)}" for key, item in one.items()) + "}"
        return json.dumps(one)

    return "\n".join(f"{key} = {inline(item)}" for key, item in value.items())


def test_a_unit_that_a_column_cannot_have_is_told(tmp_path):
    wrong = simple(columns={**SIMPLE["columns"], "overdue_days": {"column": "Tage", "unit": "year"}})
    with pytest.raises(
        UserError, match=r"columns.overdue_days: 'year' is no unit of this column; it takes days, weeks"
    ):
        import_tape(written(tmp_path, TEXT), wrong)


def test_a_map_that_is_not_there():
    with pytest.raises(UserError, match="no map at lendingclub; did you mean lending-club"):
        read_map("lendingclub")
