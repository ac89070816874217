"""A draft of a map: what is sure works as it is, what is not is told."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest

from data.importing.importing import import_tape
from data.importing.suggestion import suggested
from data.importing.tape_map import TapeMap

GERMAN = """Kontonummer;Kunde;Darlehensbetrag;Offener Betrag;Verzugstage;Währung;Jahreseinkommen;Status
77-1;Jürgen Groß;12.000,00 €;9.250,75 €;64;EUR;38.400,00;überfällig
77-2;Anke Müller;3.500,00 €;1.120,00 €;;EUR;29.000,00;laufend
77-3;Özlem Kaya;8.000,00 €;7.999,99 €;131;EUR;41.500,50;überfällig
""".encode("cp1252")
ENGLISH = (
    b"Account No,Customer Name,Loan Type,Original Balance,Current Balance,DPD,Monthly Income,DTI,Region\n"
    b'A1,Ann Lee,Auto,"$9,000.00","$4,200.50",95,"$2,900.00",0.31,N\n'
    b'A2,Bo Ray,Card,"$3,000.00","$2,800.00",60,"$2,100.00",0.12,S\n'
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GERMAN, ("77-1", "12000.00", "9250.75", "64", "EUR", "Jürgen Groß", "3200.00")),
        (ENGLISH, ("A1", "9000.00", "4200.50", "95", "USD", "Ann Lee", "2900.00")),
    ],
)
def test_a_draft_imports_the_tape_that_it_was_made_from(tmp_path, content, expected):
    path = tmp_path / "tape.csv"
    path.write_bytes(content)
    draft = suggested(path)
    row = import_tape(path, TapeMap.model_validate(tomllib.loads(draft.text))).rows[0]
    names = ("case_id", "principal", "outstanding", "overdue_days", "currency", "name", "monthly_income_at_origination")
    assert tuple(row[name] for name in names) == expected
    assert draft.doubts


def test_doubts_name_what_is_guessed_or_lacking(tmp_path):
    path = tmp_path / "tape.csv"
    path.write_text("ref,owed,when\nx,12,2024-01-31\ny,15,2024-02-29\n")
    doubts = " / ".join(suggested(path).doubts)
    assert "no column looks like principal, which is required" in doubts
    assert "the currency is a guess" in doubts


def test_the_command_line(tmp_path):
    path = tmp_path / "tape.csv"
    path.write_bytes(ENGLISH)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "data.importing", str(path), *words], capture_output=True, text=True, check=False
        )

    unknown = run("--out", str(tmp_path / "a.csv"))
    assert unknown.returncode == 2
    assert "no shipped map fits the columns of tape.csv" in unknown.stderr
    drafted = run("--suggest", "--out", str(tmp_path / "map.toml"))
    assert drafted.returncode == 0, drafted.stderr
    done = run("--map", str(tmp_path / "map.toml"), "--out", str(tmp_path / "a.csv"))
    assert "a.csv: 2 accounts of 2 rows" in done.stdout
    assert "tape.csv is read as UTF-8, comma between the cells, header in row 1" in done.stderr
    assert "stands already" in run("--suggest", "--out", str(tmp_path / "map.toml")).stderr
