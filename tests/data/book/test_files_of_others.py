"""Books as spreadsheets and pandas write them: read where nothing is in doubt, else told what is."""

from __future__ import annotations

import pytest

from data.book import read_book
from data.book.book_faults import BookFaults
from tests.data.builders import ROW

OTHER = {**ROW, "case_id": "d-0002", "outstanding": "7700.00", "name": "Mei Li", "age": ""}


def text(delimiter: str = ",", *rows: dict[str, str]) -> str:
    rows = rows or (ROW, OTHER)
    return "".join(delimiter.join(cells) + "\n" for cells in (ROW, *(row.values() for row in rows)))


def expected(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text(text(), encoding="utf-8")
    return read_book(path).cases


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("BOOK.CSV", text().encode()),
        ("semicolons.csv", text(";").replace(".00", ",00").encode()),
        ("tabs.csv", text("\t").encode()),
        ("bars.csv", text("|").encode()),
        ("unicode.csv", text("\t").encode("utf-16")),
        ("marked.csv", text().encode("utf-8-sig")),
        ("hint.csv", f"sep=,\n{text()}".encode()),
        ("hint.csv", f"sep=;\r\n{text(';')}".encode()),
        ("capitals.csv", text().replace("case_id", "Case_ID").replace("currency", " CURRENCY ").encode()),
        ("commas.csv", f"{text()}{',' * 14}\n{',' * 14}\n\n".encode()),
        ("pandas.csv", text().replace(",120,", ",120.0,").replace(",41,", ",41.0,").encode()),
    ],
)
def test_a_book_in_another_dress_is_the_same_book(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert read_book(path).cases == expected(tmp_path)


def faults(path) -> list[str]:
    with pytest.raises(BookFaults) as caught:
        read_book(path)
    return [fault.told(path.name) for fault in caught.value.faults]


def test_a_comma_that_may_stand_for_thousands_is_no_decimal_comma(tmp_path):
    path = tmp_path / "b.csv"
    path.write_text(text(";").replace("12000.00", "12,000").replace("4000.00", "4000,00"), encoding="utf-8")
    assert "b.csv, row 2, column principal: '12,000' is not an amount" in faults(path)[0]


def test_a_broken_quote_hides_no_other_fault(tmp_path):
    rows = [{**ROW, "case_id": f"d-{number}"} for number in range(4)]
    rows[0]["principal"], rows[2]["story"], rows[3]["assets"] = "nine", '"never closed', "-5"
    path = tmp_path / "b.csv"
    path.write_text(text(",", *rows), encoding="utf-8")
    assert [sentence.split(":")[0] for sentence in faults(path)] == [
        "b.csv, row 2, column principal",
        "b.csv, row 4",
        "b.csv, row 5, column assets",
    ]


def test_a_fraction_is_still_no_whole_number(tmp_path):
    path = tmp_path / "b.csv"
    path.write_text(text().replace(",120,", ",120.5,", 1), encoding="utf-8")
    assert faults(path) == ["b.csv, row 2, column overdue_days: '120.5' is not a whole number from 0 to 36500"]


def test_a_lenders_own_file_is_one_fault_that_says_what_imports_it(tmp_path):
    path = tmp_path / "tape.csv"
    path.write_text("id,loan_amnt,annual_inc,out_prncp,age,purpose\n1,2,3,4,41,car\n", encoding="utf-8")
    (sentence,) = faults(path)
    assert "these are not the columns of a debtor book (id, loan_amnt, annual_inc, out_prncp, purpose, ...)" in sentence
    assert "`python -m data.importing` imports a lender's own file" in sentence
