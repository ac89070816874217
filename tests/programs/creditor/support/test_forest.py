"""Trees as arrays say what the fitted library says, and the file of the support is read or refused in one sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from plumbing.errors import UserError
from programs.creditor.support.learned.forest import Forest
from programs.creditor.support.learned.support_model import SHIPPED, load_support, save_support
from programs.creditor.support.learned.table_features import FEATURES, RISING
from programs.learning.support_fitting import arrays_of, boosted


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(3_000, 6))
    answers = (rows[:, 0] + rows[:, 1] * rows[:, 2] + rng.normal(size=3_000) > 0).astype(float)
    return boosted([f"f{n}" for n in range(6)], {"f0": 1}, 25, 0).fit(rows, answers), rng.normal(size=(500, 6))


def test_the_arrays_say_what_scikit_learn_says(fitted):
    model, rows = fitted
    assert arrays_of(model).log_odds(rows) == pytest.approx(model.decision_function(rows), abs=1e-12)


def test_a_row_on_a_threshold_goes_the_same_way(fitted):
    model, rows = fitted
    forest = arrays_of(model)
    used = forest.threshold < 1e299
    on_edge = np.tile(rows[:1], (int(used.sum()), 1))
    on_edge[np.arange(len(on_edge)), forest.feature[used]] = forest.threshold[used]
    assert forest.log_odds(on_edge) == pytest.approx(model.decision_function(on_edge), abs=1e-12)


def test_trees_survive_json_to_the_bit(fitted):
    model, rows = fitted
    forest = arrays_of(model)
    again = Forest.read(json.loads(json.dumps(forest.document())), 6)
    assert (again.log_odds(rows) == forest.log_odds(rows)).all()


def test_trees_of_other_features_are_refused(fitted):
    with pytest.raises(ValueError, match="more than 2 features"):
        Forest.read(arrays_of(fitted[0]).document(), 2)


def test_chances_never_fall_where_an_offer_gets_easier():
    model = load_support()
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, len(FEATURES)))
    for name, way in RISING.items():
        easier = rows.copy()
        easier[:, FEATURES.index(name)] += way
        for forest in (model.accepted_now, model.accepted_later):
            assert (forest.chance(easier) >= forest.chance(rows) - 1e-12).all(), name


def test_the_shipped_support_is_small_and_says_where_it_is_from():
    assert SHIPPED.stat().st_size < 1_500_000
    provenance = load_support().provenance
    assert provenance["book_sha256"] and provenance["recipe"]["seed"] == 0
    assert provenance["validation"]["accepted_now"]["auc"] > 0.95


def test_the_same_model_is_the_same_bytes(tmp_path):
    model = load_support()
    save_support(model, tmp_path / "a.json")
    save_support(load_support(tmp_path / "a.json"), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert load_support(tmp_path / "b.json").sha256 == model.sha256


def changed(document, **values):
    return json.dumps({**document, **values})


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: "no json", "is no decision support"),
        (lambda d: "[]", "is no decision support"),
        (lambda d: changed(d, form=0), "another version"),
        (lambda d: changed(d, features=d["features"][:-1]), "another version"),
        (lambda d: changed(d, bent_times=[[1, 1, 1]]), "changed or damaged"),
        (lambda d: changed(d, accepted_now={}), "is no decision support"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(spoil, says, tmp_path):
    path = tmp_path / "support.json"
    path.write_text(spoil(json.loads(SHIPPED.read_text())))
    with pytest.raises(UserError, match=says) as told:
        load_support(path)
    assert "programs.learning" in str(told.value)


def test_a_missing_file_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(UserError, match=r"cannot read the decision support .*programs\.learning"):
        load_support(tmp_path / "none.json")


def test_the_provenance_does_not_change_who_it_is():
    model = load_support()
    assert replace(model, provenance={}).sha256 == model.sha256
