"""A draft of a map: what is sure works as it is, what is not is told."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from data.importing.importing import import_tape
from data.importing.likeness import SURE, dates_in, likely
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


WORKBOOK = [
    ["Genossenschaft Musterwald eG"],
    ["Notleidende Kredite, Stand 30.09.2026"],
    ["", "Mitglied", "", "Kredit", "", "", "Rückstand", "Haushalt"],
    ["Vorgang", "Name, Vorname", "Geb.-Datum", "Kreditart", "Auszahlungsbetrag", "Restforderung", "seit",
     "Nettoverdienst mtl."],
    ["26/300", "Yılmaz, Dieter", date(1981, 10, 2), "Dispo", 7550, 5687.37, date(2026, 5, 9), "k. A."],
    ["26/301", "Müller, Anna", date(1972, 11, 21), "Autokredit", 8200, 5480.8, date(2026, 8, 31), 1343.72],
    ["Summe", "", "", "", 15750, 11168.17],
]  # fmt: skip
"""Three rows of headings, the last of which names the columns, and a row of totals."""
RAND = """Agreement ref;Client;Born;Facility;Advanced;Still owing;Instalment missed on;Gross salary p.a.;Standing
KC-1;Sipho Davids;06/10/1979;Vehicle;R 159 200,00;R 0,00;;R 573 600,00;Settled
KC-2;Anele van Wyk;23/07/1990;Furniture;R 8 600,00;R 8 635,84;16/06/2026;R 142 560,00;In arrears
KC-3;Nomsa Zulu;08/10/1973;Furniture;R 4 100,00;R 3 373,92;20/07/2026;;Handed over
"""
CARTERA = """Cooperativa de Ahorro y Crédito La Esperanza;;;;;;;
;Datos del socio;;Crédito;;;Mora;
Nº socio;Apellidos y nombres;F. nacimiento;Nº pagaré;Línea de crédito;Monto desembolsado;Saldo capital;Días mora
1000;PÉREZ GÓMEZ, MARÍA;12/10/1990;P-1;Consumo;$ 3.000,00;$ 0,00;0
1001;ÑÁÑEZ, JOSÉ;28/09/1984;P-2;Microcrédito;$ 3.000,00;$ 1.156,61;97
1001;ÑÁÑEZ, JOSÉ;28/09/1984;P-3;Vivienda;$ 12.000,00;$ 2.419,75;304
TOTAL GENERAL;;;;;$ 18.000,00;$ 3.576,36;
"""


def test_headings_above_the_header_totals_below_it_and_gaps_do_no_harm(tmp_path):
    path = tmp_path / "kredite.xlsx"
    book = Workbook()
    for row in WORKBOOK:
        book.active.append(row)
    book.save(path)
    draft = suggested(path)
    found = import_tape(path, TapeMap.model_validate(tomllib.loads(draft.text) | {"currency": "EUR"}))
    assert [row["case_id"] for row in found.rows] == ["26/300", "26/301"]
    assert [row["monthly_income_at_origination"] for row in found.rows] == ["", "1343.72"]
    assert [(row["overdue_days"], row["age"]) for row in found.rows] == [("144", "44"), ("30", "53")]
    assert "the row 'Summe' near the end is taken for totals" in " / ".join(draft.doubts)


def test_amounts_with_the_sign_of_their_own_country(tmp_path):
    path = tmp_path / "tape.csv"
    path.write_text(RAND, encoding="utf-8")
    draft = suggested(path)
    rows = import_tape(path, TapeMap.model_validate(tomllib.loads(draft.text))).rows
    assert [(row["case_id"], row["outstanding"], row["currency"]) for row in rows] == [
        ("KC-2", "8635.84", "ZAR"),
        ("KC-3", "3373.92", "ZAR"),
    ]
    assert (rows[0]["name"], rows[0]["monthly_income_at_origination"]) == ("Anele van Wyk", "11880.00")


def test_accents_and_abbreviations_do_not_hide_a_name(tmp_path):
    path = tmp_path / "cartera.csv"
    path.write_bytes(CARTERA.encode("cp1252"))
    row = import_tape(path, TapeMap.model_validate(tomllib.loads(suggested(path).text))).rows[0]
    assert (row["case_id"], row["family_id"], row["name"]) == ("P-2", "1001", "ÑÁÑEZ, JOSÉ")
    assert (row["principal"], row["outstanding"], row["overdue_days"]) == ("3000.00", "1156.61", "97")


def test_what_looks_like_nothing_is_shown_with_what_it_could_be(tmp_path):
    path = tmp_path / "tape.csv"
    path.write_text("ref,xyz,when,fee\nx,1200.50,2024-01-31,3\ny,1500.00,2024-02-29,4\n")
    text = suggested(path).text
    assert "# No column looks like it by its name; of its kind: xyz.\n# [columns.principal]" in text
    assert "# xyz: 1200.50 | 1500.00" in text
    assert text.endswith("\n")


def test_doubts_name_what_is_guessed_or_lacking(tmp_path):
    path = tmp_path / "tape.csv"
    path.write_text("ref,owed,when\nx,12,2024-01-31\ny,15,2024-02-29\n")
    doubts = " / ".join(suggested(path).doubts)
    assert "no column looks like principal, which is required" in doubts
    assert "the currency is a guess" in doubts


MOTOR = """Harbour Motor Loans - arrears report as at 20/11/2026

Agr No;Cust;D.O.B.;Amt Financed;Bal O/S;Arr;First Missed;Standing;Pref. Lang
H1;Ann Lee;04/08/1965;7000.00;4000.00;150.00;29/09/2026;ARREARS;Polish
H2;Bo Ray;02/04/1968;8000.00;5000.00;-;;LIVE;English
H3;Cy Poe;01/10/1994;9000.00;6000.00;950.00;26/07/2026;TERMINATED;español
"""
"""A day in the title, words shortened, languages by their names, and a status that does not say that all are late."""


def drafted(folder: Path, content: str) -> tuple[TapeMap, str, str]:
    """The draft of a tape as a map and as text, and its doubts."""
    path = folder / "tape.csv"
    path.write_text(content, encoding="utf-8")
    draft = suggested(path)
    return TapeMap.model_validate(tomllib.loads(draft.text)), draft.text, " / ".join(draft.doubts)


def test_languages_by_their_names_become_tags(tmp_path: Path) -> None:
    made, _, _ = drafted(tmp_path, MOTOR)
    assert made.columns["language"].values == {"Polish": "pl", "English": "en", "español": "es"}
    assert [row["language"] for row in import_tape(tmp_path / "tape.csv", made).rows] == ["pl", "es"]


def test_a_language_that_nobody_calls_so_is_a_doubt_and_tags_need_no_table(tmp_path: Path) -> None:
    _, _, doubts = drafted(tmp_path, MOTOR.replace("Polish", "Nordic tongue"))
    assert "no language is called 'Nordic tongue': give its tag" in doubts
    tags = MOTOR.replace("Polish", "pl").replace("English", "en").replace("español", "es")
    made, _, _ = drafted(tmp_path, tags)
    assert made.columns["language"].values == {}


def test_the_day_in_a_title_goes_before_the_last_date_of_a_column(tmp_path: Path) -> None:
    made, text, doubts = drafted(tmp_path, MOTOR)
    assert made.as_of == date(2026, 11, 20)
    assert "as_of = 2026-11-20  # ?" in text
    assert "the one in 'Harbour Motor Loans - arrears report as at 20/11/2026'" in doubts
    earlier, _, _ = drafted(tmp_path, MOTOR.replace("20/11/2026", "01/01/2020"))
    assert earlier.as_of == date(2026, 9, 29)


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("as at 2026-11-05", None, date(2026, 11, 5)),
        ("as at 05/11/2026", None, date(2026, 11, 5)),
        ("as at 11/05/2026", "%m/%d/%Y", date(2026, 11, 5)),
        ("as at 11/25/2026", None, date(2026, 11, 25)),
        ("Report of 5th November 2026.", None, date(2026, 11, 5)),
        ("November 5, 2026", None, date(2026, 11, 5)),
        ("05-Nov-2026", None, date(2026, 11, 5)),
        ("Stand: 5. März 2026", None, date(2026, 3, 5)),
        ("al 5 de noviembre de 2026", None, date(2026, 11, 5)),
    ],
)
def test_days_in_words_and_figures(text: str, form: str | None, day: date) -> None:
    assert dates_in(text, form) == [day]


def test_what_is_no_day_is_none() -> None:
    assert dates_in("Branch 12 of 2026, 31/02/2026, 5 agreements 2026, tel. 0123-45-67890") == []


def test_who_is_late_is_told_by_what_they_missed_before_what_they_are_called(tmp_path: Path) -> None:
    made, text, _ = drafted(tmp_path, MOTOR)
    assert (made.filters[0].column, made.filters[0].filled) == ("First Missed", True)
    assert '# Of the first 3 rows it takes, by "Standing": "ARREARS" 1 of 1, "LIVE" 0 of 1, "TERMINATED" 1 of 1' in text
    by_days, _, _ = drafted(tmp_path, "Loan No,Amount,Balance,DPD\na,9,5,12\nb,9,5,0\n")
    assert (by_days.filters[0].column, by_days.filters[0].above) == ("DPD", 0)


def test_arrears_tell_who_is_late_where_every_row_has_a_date(tmp_path: Path) -> None:
    tape = "Loan No,Principal,Balance,Due date,Amount overdue\na,900,500,2026-01-02,12\nb,900,500,2026-01-09,0\n"
    made, _, _ = drafted(tmp_path, tape)
    assert (made.filters[0].column, made.filters[0].above) == ("Amount overdue", 0)


def test_a_filter_by_a_status_says_what_it_leaves_out(tmp_path: Path) -> None:
    tape = "Loan No,Principal,Balance,Due date,Status\na,900,500,2026-01-02,Late\nb,900,500,2026-01-09,Closed\n"
    _, text, _ = drafted(tmp_path, tape)
    assert 'one_of = ["Late"]\n# Of the first 2 rows it takes, by "Status": "Late" 1 of 1, "Closed" 0 of 1' in text


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("Bal O/S", "outstanding"),
        ("Curr Bal", "outstanding"),
        ("Prin O/S", "outstanding"),
        ("Amt Owing", "outstanding"),
        ("Orig Bal", "principal"),
        ("Ln Amt", "principal"),
        ("Agr. No.", "case_id"),
        ("Acc No", "case_id"),
        ("A/C No", "case_id"),
        ("Cust Name", "name"),
        ("Arrs Amt", "arrears"),
        ("Prod", "product"),
    ],
)
def test_shortened_words_are_known(header: str, target: str) -> None:
    found = likely([header], [])
    assert {name: one.column for name, one in found.items()} == {target: header}
    assert found[target].score >= SURE


@pytest.mark.parametrize("header", ["num_tl_90g_dpd_24m", "NoEmp"])
def test_a_shortened_word_makes_no_column_of_another_kind(header: str) -> None:
    assert likely([header], []) == {}


def test_arrears_by_a_doubtful_name_do_not_go_before_a_status(tmp_path: Path) -> None:
    tape = "Loan No,Principal,Balance,Due date,delinq_amnt,Status\n"
    made, _, _ = drafted(tmp_path, f"{tape}a,900,500,2026-01-02,0,Late\nb,900,500,2026-01-02,9,Closed\n")
    assert (made.filters[0].column, made.filters[0].one_of) == ("Status", ("Late",))


def test_what_is_outstanding_is_what_is_due_today(tmp_path: Path) -> None:
    _, text, doubts = drafted(tmp_path, MOTOR)
    told = "# What is due today: of a running agreement the arrears, of a terminated one the balance.\n"
    assert f'column = "Bal O/S"\n{told}' in text
    assert "which may be 'Arr' while an agreement runs" in doubts
    only, _, _ = drafted(tmp_path, MOTOR.replace("Bal O/S", "Branch"))
    assert only.columns["outstanding"].column == "Arr"


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
    assert run("--suggest").stdout.endswith("\n")
