"""What an import tells: one sentence for what many rows have, and whom nobody can speak to."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.importing.importing import TapeFaults, import_tape
from data.importing.tape_map import TapeMap


def spoken(folder: Path, languages: list[str], **source: object) -> tuple[Path, TapeMap]:
    """A tape with these languages, and a map that reads them."""
    path = folder / "tape.csv"
    lines = [f"k{number},900,500,95,{language}" for number, language in enumerate(languages)]
    path.write_text("\n".join(["id,lent,owed,days,spoken", *lines]), encoding="utf-8")
    columns = {"case_id": "id", "product": "id", "principal": "lent", "outstanding": "owed", "overdue_days": "days"}
    sources = {name: {"column": column} for name, column in columns.items()}
    language = {"column": "spoken", **source}
    return path, TapeMap.model_validate({"currency": "EUR", "columns": {**sources, "language": language}})


def test_what_is_wrong_in_many_rows_is_told_once(tmp_path: Path) -> None:
    with pytest.raises(TapeFaults) as caught:
        import_tape(*spoken(tmp_path, ["Polish", "es", "Welsh", *["Polish"] * 6]))
    polish, welsh = caught.value.faults
    assert (polish.row, welsh.row) == (2, 4)
    assert polish.sentence.startswith("'Polish' is not a language; write its BCP 47 tag")
    assert "say what it is in [columns.language.values] of the map (7 rows: 2, 5, 6, 7, 8, ...)" in polish.sentence
    assert welsh.sentence.endswith("of the map")


def test_a_category_that_is_not_listed_is_told_once(tmp_path: Path) -> None:
    with pytest.raises(TapeFaults) as caught:
        import_tape(*spoken(tmp_path, ["Polish", "Polish", "x"], values={"x": "es"}))
    (fault,) = caught.value.faults
    assert "is no category of [columns.language.values]; add it there" in fault.sentence
    assert fault.sentence.endswith("(2 rows: 2, 3)")


def test_the_summary_says_whose_language_cannot_be_spoken(tmp_path: Path) -> None:
    found = import_tape(*spoken(tmp_path, ["pl", "es", "pl", ""]))
    lines = found.summary(Path("a.csv")).splitlines()
    told = "2 accounts in pl, which cannot be spoken yet: they are written to in English"
    assert lines == ["a.csv: 4 accounts of 4 rows", told]
