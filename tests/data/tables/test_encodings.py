"""Encodings that are certain, and the row of what fits none."""

from __future__ import annotations

import pytest

from data.tables.encodings import certain_encoding, decoded, first_wrong_byte
from data.tables.faults import FileFaults


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_or_utf_8_is_certain(tmp_path, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes("name\nJosé 王\n".encode(encoding))
    assert certain_encoding(path) == encoding
    assert decoded(path) == "name\nJosé 王\n"


def test_a_character_across_two_chunks_is_no_fault(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x" * (2**20 - 1) + "é", encoding="utf-8")
    assert first_wrong_byte(path) is None
    path.write_bytes(b"x" * (2**20 - 1) + "é".encode()[:1])
    assert first_wrong_byte(path) == 2**20 - 1
    path.write_bytes(b"x" * (2**20 - 1) + "é".encode()[:1] + b"z" * 9)
    assert first_wrong_byte(path) == 2**20 - 1


def test_the_row_counts_as_a_spreadsheet_does(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes('id,story\n1,"a\nb\nc"\n2,x\n3,café\n'.encode("latin-1"))
    with pytest.raises(FileFaults, match="row 4: the byte 0xe9 is not UTF-8"):
        decoded(path)
