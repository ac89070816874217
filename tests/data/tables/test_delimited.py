"""Rows as people send them, each counted as a spreadsheet shows it."""

from __future__ import annotations

import pytest

from data.tables.delimited import Row, hinted, rows_of


def lines_of(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def test_a_text_over_several_lines_is_one_row():
    rows = list(rows_of(lines_of('a,"one\ntwo\nthree"\nb,x\n'), ","))
    assert rows == [Row(1, ["a", "one\ntwo\nthree"]), Row(2, ["b", "x"])]


@pytest.mark.parametrize("broken", ['b,"never closed', 'b,"closed" too early', 'b,"a "quoted" word"'])
def test_a_broken_quote_costs_one_row(broken):
    rows = list(rows_of(lines_of(f"a,1\n{broken}\nc,3\nd,4\n"), ","))
    assert [row.cells for row in rows] == [["a", "1"], [], ["c", "3"], ["d", "4"]]
    assert [bool(row.fault) for row in rows] == [False, True, False, False]
    assert [row.number for row in rows] == [1, 2, 3, 4]


def test_delimiters_alone_are_a_blank_row():
    assert [row.blank for row in rows_of(lines_of(",,\n\na,,\n"), ",")] == [True, True, False]


@pytest.mark.parametrize(
    ("line", "delimiter"), [("sep=;\r\n", ";"), ("SEP=,\n", ","), ("sep=\t", "\t"), ("sep,x", None), ("a;b", None)]
)
def test_the_line_that_names_the_delimiter(line, delimiter):
    assert hinted(line) == delimiter
