from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.book import COLUMNS, DebtorBook, read_book, write_book
from data.book.book_faults import BookFaults
from data.domain import Persona, Reason
from plumbing.errors import UserError
from tests.data.builders import ROW, csv_file, make_case, unlike


def sentences(path: Path) -> list[str]:
    """Every fault that loading `path` reports."""
    with pytest.raises(BookFaults) as caught:
        read_book(path)
    return [fault.told(path.name) for fault in caught.value.faults]


BROKEN_CELLS = [
    ("outstanding", "0", "'0' leaves nothing to negotiate; a debt is more than 0, so take the row out"),
    ("outstanding", "0.00", "'0.00' leaves nothing to negotiate; a debt is more than 0, so take the row out"),
    ("outstanding", "-5", "'-5' is negative; amounts are 0 or more"),
    ("monthly_income", "", "the value is missing"),
    ("monthly_income", "nan", "'nan' is not a finite amount; write a plain decimal number"),
    ("assets", "-inf", "'-inf' is not a finite amount; write a plain decimal number"),
    ("assets", "¥500", "'¥500' is not an amount; write digits with a decimal point, such as 1234.50, and nothing else"),
    ("assets", "1e9", "'1e9' is not an amount; write digits with a decimal point, such as 1234.50, and nothing else"),
    ("principal", "10000000001", "'10000000001' is absurdly large; amounts go up to 10000000000"),
    ("principal", "10.005", "'10.005' has more decimals than CNY has minor units; it takes at most 2"),
    ("currency", "yuan", "'yuan' is not a currency; write its three-letter ISO 4217 code in capitals, such as CNY"),
    ("currency", "", "the value is missing"),
    ("overdue_days", "12.5", "'12.5' is not a whole number from 0 to 36500"),
    ("overdue_days", "-1", "'-1' is not a whole number from 0 to 36500"),
    ("age", "17", "'17' is not a whole number from 18 to 120"),
    ("age", "9" * 5000, f"'{'9' * 60}…' is not a whole number from 18 to 120"),
    ("case_id", "", "the value is missing"),
    ("case_id", " d-1", "' d-1' has blanks around it or control characters in it; an id is one plain line of text"),
    ("product", "", "the value is missing"),
]


@pytest.mark.parametrize(
    ("column", "value", "sentence"), BROKEN_CELLS, ids=[f"{c}={v[:9]}" for c, v, _ in BROKEN_CELLS]
)
def test_a_broken_cell_is_named_in_one_sentence(tmp_path: Path, column: str, value: str, sentence: str) -> None:
    path = csv_file(tmp_path, {**ROW, column: value})
    assert sentences(path) == [f"book.csv, row 2, column {column}: {sentence}"]
    with pytest.raises(UserError) as caught:
        read_book(path)
    assert str(caught.value) == f"book.csv, row 2, column {column}: {sentence}"


@pytest.mark.parametrize(
    ("column", "value", "meant"), [("reason", "jobloss", "job_loss"), ("persona", "Hostil", "hostile")]
)
def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path, column: str, value: str, meant: str) -> None:
    (sentence,) = sentences(csv_file(tmp_path, {**ROW, column: value}))
    known = ", ".join(Reason if column == "reason" else Persona)
    assert sentence == (
        f"book.csv, row 2, column {column}: '{value}' is not a known {column}; did you mean {meant}? known are {known}"
    )


def test_all_faults_of_all_rows_are_told_at_once(tmp_path: Path) -> None:
    rows = [{**ROW, "outstanding": "0", "assets": "-1"}, {**ROW, "assets": "x"}, {**ROW, "case_id": "d-2"}]
    path = csv_file(tmp_path, *rows)
    found = sentences(path)
    assert len(found) == 4
    assert (
        "book.csv, row 3, column case_id: 'd-0001' stands already in row 2; every debtor needs an id of its own"
        in found
    )
    with pytest.raises(UserError, match="4 faults in the debtor book, nothing was loaded") as caught:
        read_book(path)
    assert all(sentence in str(caught.value) for sentence in found)


def test_unknown_repeated_and_missing_columns_are_told_with_the_faults_of_the_cells(tmp_path: Path) -> None:
    row = {**ROW, "outstanding": "0"}
    del row["assets"]
    path = csv_file(tmp_path, row | {"colour": "red", "Persona": "x"})
    path.write_text(path.read_text().replace("Persona", "persona", 1))
    found = sentences(path)
    assert [sentence.split(":")[0] for sentence in found] == [
        "book.csv, column 'colour'",
        "book.csv, column persona",
        "book.csv, column assets",
        "book.csv, row 2, column outstanding",
        "book.csv, row 2, column persona",
    ]
    assert "the column is unknown; known are case_id" in found[0]
    assert "the column stands twice" in found[1]
    assert "the column is missing; it is required" in found[2]


def test_accounts_are_told_from_a_book_with_slips(tmp_path: Path) -> None:
    finances = ("monthly_income", "monthly_expenses", "assets", "reason")
    row = {name: cell for name, cell in ROW.items() if name not in finances}
    [told] = sentences(csv_file(tmp_path, row | {"timezone": "Europe/Madrid"}))
    assert "these are accounts, without what only the debtors know" in told
    assert "`python -m data.completing`" in told


def test_optional_columns_may_be_left_out(tmp_path: Path) -> None:
    row = {name: cell for name, cell in ROW.items() if name not in {"family_id", "name", "age", "story", "persona"}}
    assert read_book(csv_file(tmp_path, row)).cases == (make_case(persona=None),)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is empty; a book holds at least one debtor"),
        (",".join(COLUMNS).encode(), "the file is empty; a book holds at least one debtor"),
        ("case_id\nd-ü\n".encode("latin-1"), "row 2: the byte 0xfc is not UTF-8; save the file in the encoding UTF-8"),
        (b"\xff\xfec\x00a", "row 1: the byte 0x61 is not UTF-16; save the file in the encoding UTF-8"),
        (b'case_id,story\nd-1,"open\n', "row 2: a quote is opened and never closed; close it"),
    ],
    ids=["empty", "header only", "latin-1", "half of UTF-16", "open quote"],
)
def test_a_file_that_is_no_table(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "book.csv"
    path.write_bytes(content)
    with pytest.raises(BookFaults) as caught:
        read_book(path)
    assert sentence in str(caught.value)


def test_a_row_of_the_wrong_length_is_named(tmp_path: Path) -> None:
    path = csv_file(tmp_path, ROW)
    path.write_text(path.read_text() + "d-2,only\n")
    assert sentences(path) == ["book.csv, row 3: 2 values for 15 columns; check commas and quotes"]


def test_a_byte_order_mark_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    path = csv_file(tmp_path, ROW, {**ROW, "case_id": "d-2", "outstanding": "x"})
    path.write_text("\ufeff" + path.read_text().replace("\nd-2", "\n\nd-2"))
    assert [sentence.split(":")[0] for sentence in sentences(path)] == ["book.csv, row 4, column outstanding"]


@pytest.mark.parametrize(("name", "said"), [("nope.csv", "no debtor book at"), ("", "no debtor book at")])
def test_a_missing_file_and_a_folder(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_book(tmp_path / name)


def test_an_unknown_format_is_refused_when_reading_and_writing(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_text("x")
    with pytest.raises(UserError, match=r"the suffix '.xlsx' is not .csv, .parquet or .jsonl"):
        read_book(tmp_path / "book.xlsx")
    with pytest.raises(UserError, match=r"the suffix '.ods' is not"):
        write_book([make_case()], tmp_path / "book.ods")


def test_amounts_are_exact(tmp_path: Path) -> None:
    """0.29 · 100 is 28.999999999999996 in floating point: money must not pass through it."""
    book = read_book(csv_file(tmp_path, {**ROW, "assets": "0.29", "monthly_income": "70000000.07"}))
    assert (book.cases[0].finances.assets, book.cases[0].finances.monthly_income) == (29, 7_000_000_007)


@pytest.mark.parametrize(
    ("currency", "cell", "minor"), [("JPY", "1200", 1200), ("KWD", "1.234", 1234), ("EUR", "1.5", 150)]
)
def test_the_currency_says_how_many_decimals(tmp_path: Path, currency: str, cell: str, minor: int) -> None:
    whole = dict.fromkeys(("principal", "outstanding", "monthly_income", "monthly_expenses"), "1000")
    book = read_book(csv_file(tmp_path, {**ROW, **whole, "currency": currency, "assets": cell}))
    assert book.cases[0].finances.assets == minor


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
amounts = st.integers(0, 10**12)
cases = st.builds(
    make_case,
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8),
    principal=amounts,
    outstanding=st.integers(1, 10**10),
    monthly_income=amounts,
    assets=amounts,
    overdue_days=st.integers(0, 4000),
    currency=st.sampled_from(["CNY", "EUR"]),
    name=texts,
    story=texts,
    age=st.none() | st.integers(18, 120),
    reason=st.sampled_from(Reason),
    persona=st.none() | st.sampled_from(Persona),
    family_id=st.none() | st.sampled_from(["f-1", "f-2"]),
)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
@settings(deadline=None, max_examples=25)
@given(debtors=st.lists(cases, min_size=1, max_size=4, unique_by=lambda case: case.case_id))
def test_a_book_survives_writing_and_reading(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, debtors: list
) -> None:
    path = tmp_path_factory.mktemp("books") / f"book.{suffix}"
    write_book(debtors, path)
    book = read_book(path)
    write_book(book.cases, path)
    assert [case.model_copy(update={"family_id": None}) for case in book.cases] == [
        case.model_copy(update={"family_id": None}) for case in debtors
    ]
    assert read_book(path) == book


def test_the_hash_knows_content_but_neither_format_nor_order(tmp_path: Path) -> None:
    debtors = [unlike(number) for number in range(5)]
    for name, order in [("a.csv", debtors), ("b.parquet", debtors[::-1]), ("c.jsonl", debtors)]:
        write_book(order, tmp_path / name)
    hashes = {read_book(tmp_path / name).sha256 for name in ("a.csv", "b.parquet", "c.jsonl")}
    write_book([unlike(0, assets=500_001), *debtors[1:]], tmp_path / "other.csv")
    assert len(hashes) == 1
    assert read_book(tmp_path / "other.csv").sha256 not in hashes


def test_a_parquet_file_from_pandas_is_read(tmp_path: Path) -> None:
    """Pandas writes floats for amounts, and for whole numbers in a column with gaps."""
    frame = pd.DataFrame([{**ROW, "case_id": "d-1"}, {**ROW, "case_id": "d-2", "assets": "0.29"}])
    frame["assets"] = frame["assets"].astype(float)
    frame["age"] = [41.0, None]
    frame["principal"] = [Decimal("12000.00"), Decimal("12000.10")]
    frame.to_parquet(tmp_path / "book.parquet")
    one, other = read_book(tmp_path / "book.parquet").cases
    assert (one.finances.assets, other.finances.assets) == (500_000, 29)
    assert (one.debtor.age, other.debtor.age, other.debt.principal) == (41, None, 1_200_010)


def test_faults_of_a_parquet_file(tmp_path: Path) -> None:
    frame = pd.DataFrame([ROW, {**ROW, "case_id": "d-2"}])
    frame["assets"] = [1.0, float("inf")]
    frame["monthly_income"] = [0.1 + 0.2, None]
    frame.to_parquet(tmp_path / "book.parquet")
    assert sentences(tmp_path / "book.parquet") == [
        "book.parquet, row 1, column monthly_income: '0.30000000000000004' has more decimals than CNY has minor units; "
        "it takes at most 2",
        "book.parquet, row 2, column monthly_income: the value is missing",
        "book.parquet, row 2, column assets: 'inf' is not a finite amount; write a plain decimal number",
    ]
    (tmp_path / "text.parquet").write_text("case_id\n")
    assert "text.parquet: the file cannot be read as Parquet" in sentences(tmp_path / "text.parquet")[0]


def json_line(**changes: object) -> dict:
    record = json.loads(make_case().model_dump_json(exclude_none=True))
    for place, value in changes.items():
        part, _, leaf = place.partition("__")
        if leaf:
            record[part][leaf] = value
        else:
            record[part] = value
    return record


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"debt__outstanding": 0}, "column debt.outstanding: '0' leaves nothing to negotiate"),
        ({"debt__outstanding": -3}, "column debt.outstanding: '-3' is negative; amounts are 0 or more, in minor units"),
        (
            {"debt__outstanding": 10.5},
            "column debt.outstanding: '10.5' is not an amount; write a whole number of minor",
        ),
        ({"debt__principal": 10**13}, "column debt.principal: 10000000000000 is absurdly large"),
        ({"finances__assets": float("nan")}, "column finances.assets: 'NaN' is not an amount"),
        ({"finances__assets": None}, "column finances.assets: 'None' is not an amount"),
        (
            {"finances__reason": "jobloss"},
            "column finances.reason: 'jobloss' is not a known reason; did you mean job_loss?",
        ),
        ({"persona": "hostil"}, "column persona: 'hostil' is not a known persona; did you mean hostile?"),
        ({"debt__overdue_days": 10**6}, "column debt.overdue_days: 1000000 is not a whole number from 0 to 36500"),
        ({"debt__colour": "red"}, "column debt.colour: the key is unknown (its value is 'red')"),
        ({"case_id": "a\nb"}, "column case_id: 'a\\nb' has blanks around it or control characters in it"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_faults_of_json_lines(tmp_path: Path, changes: dict, sentence: str) -> None:
    path = tmp_path / "book.jsonl"
    path.write_text("\n" + json.dumps(json_line(**changes)) + "\n")
    (found,) = sentences(path)
    assert found.startswith(f"book.jsonl, row 2, {sentence}")


def test_json_lines_that_are_no_cases_and_missing_keys(tmp_path: Path) -> None:
    path = tmp_path / "book.jsonl"
    bare = json_line()
    del bare["finances"]["assets"]
    path.write_text(
        '{"case_id": "a", "case_id": "b"}\n{broken\n[1]\n' + json.dumps(bare) + "\n" + json.dumps(json_line())
    )
    twice, broken, array, missing, again = sentences(path)
    assert "the key case_id stands twice" in twice
    assert "row 2: '{broken' is not a debt case in JSON" in broken
    assert array.startswith("book.jsonl, row 3: '[1]'")
    assert missing == "book.jsonl, row 4, column finances.assets: the value is missing"
    assert again.startswith("book.jsonl, row 5, column case_id: 'd-0001' stands already in row 4")


def test_a_case_is_found_by_its_id_and_a_slip_is_answered() -> None:
    book = DebtorBook(tuple(unlike(number) for number in range(20)), "book.csv")
    assert book.case("d-0007") is book.cases[7]
    with pytest.raises(UserError, match=r"no debtor 'd-007' among the 20 of book.csv; did you mean .*d-0007"):
        book.case("d-007")
    with pytest.raises(UserError, match="the first is d-0000"):
        book.case("zzz")


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "book.csv"
    write_book([make_case()], path)
    before = path.read_bytes()

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_book([unlike(1), unlike(2)], path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("column", ["finances.story", "debtor.name"])
def test_half_a_character_in_a_text_is_a_fault_of_its_row(tmp_path, column):
    part, name = column.split(".")
    row = json.loads(make_case().model_dump_json(exclude_none=True))
    row[part][name] = "gone \ud83d wrong"
    path = tmp_path / "book.jsonl"
    path.write_text(json.dumps(row))
    with pytest.raises(BookFaults, match=rf"row 1, column {column}: .*lone surrogate"):
        read_book(path)
