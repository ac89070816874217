from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ks_2samp

from data import synthesis
from data.book import SHIPPED_BOOK, read_book, write_book
from data.book.split import split_of
from data.domain import DebtCase, Persona, Reason
from data.synthesis import copula_applicants, main, synthesise
from data.synthesis.seed_table import COLUMNS, SEED_TABLE, defaulted_borrowers
from plumbing.errors import UserError
from tests.data.builders import make_case


def written(cases: tuple[DebtCase, ...], path: Path) -> bytes:
    write_book(cases, path)
    return path.read_bytes()


def test_the_seed_table_is_the_one_that_was_published() -> None:
    digest = hashlib.sha256(SEED_TABLE.read_bytes()).hexdigest()
    assert digest == "bdd4569d8cfa1a8f03fcd7315b6eab6925a5800024985bf10a7da77844e68df2"
    bad = defaulted_borrowers()
    assert len(bad) == 1254
    assert bad["Income"].isna().sum() == 217
    assert bad["Home"].isna().sum() == 4 + 9


def test_the_shipped_book_is_what_the_default_seed_makes(tmp_path: Path) -> None:
    assert written(synthesise(), tmp_path / "book.csv") == SHIPPED_BOOK.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 7])
def test_a_seed_gives_the_same_bytes_in_another_process(tmp_path: Path, seed: int) -> None:
    command = [sys.executable, "-m", "data.synthesis", "--seed", str(seed), "--n", "60", "--out", "book.csv"]
    environment = {"PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONHASHSEED": "123"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    there, here = (tmp_path / "book.csv").read_bytes(), written(synthesise(60, seed), tmp_path / "here.csv")
    assert there == here


def test_another_seed_makes_other_debtors() -> None:
    assert {case.debt.outstanding for case in synthesise(50, 0)} != {
        case.debt.outstanding for case in synthesise(50, 1)
    }


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_every_format_holds_the_same_book(tmp_path: Path, suffix: str) -> None:
    write_book(read_book().cases, tmp_path / f"book.{suffix}")
    assert read_book(tmp_path / f"book.{suffix}").sha256 == read_book().sha256


def test_the_shipped_book_has_975_different_debtors_of_every_kind() -> None:
    book = read_book()
    assert len(book) == 975
    assert len({case.finances.story for case in book.cases}) == len({case.debtor.name for case in book.cases}) == 975
    assert min(Counter(case.persona for case in book.cases)[persona] for persona in Persona) >= 80
    assert min(Counter(case.finances.reason for case in book.cases)[reason] for reason in Reason) >= 40


def test_the_shipped_book_splits_about_60_20_20() -> None:
    sizes = Counter(split_of(case) for case in read_book().cases)
    assert sizes["train"] == pytest.approx(585, abs=45)
    assert sizes["val"] == pytest.approx(195, abs=35)
    assert sizes["heldout"] == pytest.approx(195, abs=35)


def test_margins_and_rank_correlations_are_those_of_the_seed() -> None:
    seed, drawn = defaulted_borrowers(), copula_applicants(6000, np.random.default_rng(3))
    assert not drawn.isna().any().any()
    for column in COLUMNS:
        assert ks_2samp(drawn[column], seed[column].dropna()).statistic < 0.03
        assert drawn[column].between(seed[column].min(), seed[column].max()).all()
    difference = (drawn.corr("spearman") - seed.corr("spearman")).abs().to_numpy()
    assert difference.max() < 0.06
    assert (drawn["Assets"] == 0).mean() == pytest.approx((seed["Assets"] == 0).mean(), abs=0.03)


def test_hardship_depends_on_the_reason() -> None:
    def mean_surplus_share(reason: Reason) -> float:
        finances = [case.finances for case in read_book().cases if case.finances.reason is reason]
        return float(np.mean([f.monthly_surplus / f.monthly_income for f in finances]))

    assert mean_surplus_share(Reason.JOB_LOSS) < 0.2 < mean_surplus_share(Reason.OVERSPENDING)


def test_one_debtor_can_be_made() -> None:
    (case,) = synthesise(1, 5)
    assert case.case_id == "d-0001"
    assert case.debt.outstanding > 0


@pytest.mark.parametrize(
    ("count", "seed", "said"), [(0, 0, "--n 0 is not a number of debtors"), (5, -1, "--seed -1 is negative")]
)
def test_impossible_numbers_are_refused(count: int, seed: int, said: str) -> None:
    with pytest.raises(UserError, match=said):
        synthesise(count, seed)


def test_ctgan_without_the_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctgan", None)
    with pytest.raises(UserError, match=r"pip install 'maden\[ctgan\]'"):
        synthesise(5, 0, "ctgan")


def test_ctgan_is_trained_on_the_complete_rows_with_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the library, whose neural network is too large for the tests."""

    class Recorder:
        def __init__(self, **settings: object) -> None:
            self.seed = -1

        def set_random_state(self, seed: int) -> None:
            self.seed = seed

        def fit(self, table: object, discrete: list[str]) -> None:
            assert not table.isna().any().any()
            assert len(table) == 1018
            assert discrete == ["Home", "Job", "Marital", "Records"]
            self.table = table

        def sample(self, count: int) -> object:
            return self.table.sample(count, random_state=self.seed, ignore_index=True) + 0.2

    monkeypatch.setitem(sys.modules, "ctgan", type("Module", (), {"CTGAN": Recorder}))
    assert synthesise(20, 3, "ctgan") == synthesise(20, 3, "ctgan")
    assert synthesise(20, 3, "ctgan") != synthesise(20, 4, "ctgan")


def test_the_command_replaces_nothing_unasked(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    write_book([make_case()], path)
    before = path.read_bytes()
    with pytest.raises(UserError, match="holds something else"):
        main(seed=0, n=5, out=path)
    assert path.read_bytes() == before
    main(seed=0, n=5, out=path, force=True)
    main(seed=0, n=5, out=path)
    assert len(read_book(path)) == 5
    with pytest.raises(UserError, match="--generator vae is unknown; known are copula, ctgan"):
        main(seed=0, n=5, out=path, generator="vae")


@pytest.mark.slow
def test_a_mistake_on_the_command_line_ends_with_status_2_and_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "data.synthesis", "--n", "0", "--out", str(tmp_path / "x.csv")]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "error: --n 0 is not a number of debtors; give a whole number from 1 to 1000000\n"
    assert synthesis.MOST_DEBTORS == 1_000_000
