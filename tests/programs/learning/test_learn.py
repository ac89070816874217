"""Learning: who is played, how good chances are measured, and that the same seed gives the same file."""

from __future__ import annotations

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import programs.learning.__main__ as command
from data.book import read_book
from plumbing.errors import UserError
from programs.creditor.support.learned.support_model import load_support
from programs.learning import games, support_fitting
from programs.learning.forecast_reliability import reliability
from programs.learning.support_fitting import bent_times, finance_model
from programs.playing.stage import chosen_debtors


@pytest.fixture
def learn():
    app = typer.Typer()
    app.command()(command.learn)
    few = ("--debtors", "20", "--val", "6", "--games", "1", "--trees", "5")
    return lambda *arguments: CliRunner().invoke(app, [*few, *arguments])


def test_the_same_seed_writes_the_same_bytes_and_no_held_out_debtor_is_played(learn, tmp_path, monkeypatch):
    book = read_book()
    met, original = set(), games.play
    monkeypatch.setattr(games, "play", lambda case, *rest: met.add(case.case_id) or original(case, *rest))
    files = [tmp_path / f"{n}.json" for n in range(3)]
    results = [learn("--out", str(file), "--seed", seed) for file, seed in zip(files, "005", strict=True)]
    assert [result.exit_code for result in results] == [0, 0, 0], results
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()
    assert met and not met & {case.case_id for case in book.split("heldout")}
    provenance = load_support(files[0]).provenance
    assert provenance["learned"]["debtors"] == 20 and provenance["book_sha256"] == book.sha256
    assert "accepted_now: Brier" in results[0].stdout


def test_without_the_library_it_says_what_to_install(learn, monkeypatch):
    def missing(*_):
        raise UserError('learning needs scikit-learn, which is not installed; run pip install "maden[classifiers]"')

    monkeypatch.setattr(command, "boosted", missing)
    result = learn()
    assert "maden[classifiers]" in str(result.exception)


def test_finances_are_drawn_near_those_of_like_accounts():
    cases = chosen_debtors(read_book(), "train", 200)
    model = finance_model(cases, 0)
    facts = games.facts_of(games.view((), games.Speaker.CREDITOR, games.POLICY))
    stated, true = [], []
    for case in chosen_debtors(read_book(), "val", 60):
        belief = model.draws(case.creditor_view(), facts)
        assert belief.weights.sum() == pytest.approx(1)
        stated.append(np.log(belief.mean("income")))
        true.append(np.log(case.finances.monthly_income))
    assert np.corrcoef(stated, true)[0, 1] > 0.3
    assert abs(np.mean(stated) - np.mean(true)) < 0.3


def test_bent_claims_are_unbent_by_what_was_seen_in_training():
    strategic = [c for c in chosen_debtors(read_book(), "train", None) if c.persona == "strategic"][:10]
    mean, less, more = bent_times(strategic, 0)
    assert 1 < less[0] < mean[0] < more[0] and mean[1] < 1 < mean[2]
    honest = [c for c in chosen_debtors(read_book(), "train", None) if c.persona == "hesitant"][:1]
    assert bent_times(honest, 0) == ()


def test_reliability_of_chances_that_are_right_and_of_those_that_are_not():
    rng = np.random.default_rng(0)
    chances = rng.uniform(size=20_000)
    answers = (rng.uniform(size=20_000) < chances).astype(float)
    right, wrong = reliability(chances, answers), reliability(1 - chances, answers)
    assert max(abs(band.stated - band.came_true) for band in right.bands) < 0.05
    assert right.brier < right.brier_of_share < wrong.brier
    assert right.auc > 0.8 > 0.2 > wrong.auc
    assert reliability(np.array([0.2, 0.2]), np.zeros(2)).auc is None
    assert reliability(np.array([0.3, 0.3]), np.array([0.0, 1.0])).auc == 0.5


def test_a_fifth_of_the_debtors_is_kept_aside_for_calibration():
    debtors = np.repeat([f"d{n}" for n in range(50)], 3)
    aside = support_fitting._a_fifth(debtors, 0)
    assert aside.sum() == 30 and not set(debtors[aside]) & set(debtors[~aside])
