"""The weights file: shipped values, and one clear sentence for every way of getting it wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrics.evaluator import score
from metrics.money.weights import WEIGHTS_FILE, default_weights, load_weights
from plumbing.errors import UserError
from tests.metrics.examples import agreement, terms


def test_shipped_weights_are_those_of_the_definition() -> None:
    weights = default_weights()
    assert (weights.objective.CCI, weights.objective.CONV) == (0.9, 0.1)
    assert (weights.cri.SR, weights.cri.RR, weights.cri.E) == (0.25, 0.375, 0.375)
    assert weights.dhi.tiers == (0, 0.25, 0.5, 0.75, 1)
    assert (weights.dhi.ATV, weights.dhi.ATV_cap) == (0.05, 2)


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = WEIGHTS_FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "w.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("CCI = 0.9", "CCI = 0.8", "objective: the weights sum to 0.9; they must sum to 1"),
        ("CCI = 0.9", "CCI = 1.1", "objective: the weights sum to 1.2; they must sum to 1"),
        ("CCI = 0.9", "CCI = -0.9", "objective.CCI: Input should be greater than or equal to 0"),
        ("CCI = 0.9", "", "objective.CCI is missing; add it"),
        ("CCI = 0.9", "CCI = 0.9\nSpeed = 0.1", "objective.Speed is not a known weight; remove it"),
        ("CCI = 0.9", "CCI = nan", "objective.CCI: Input should be a finite number"),
        ("L3 = 0.5", "L3 = 0.1", "dhi: L1 to L5 must not fall: a better tier cannot be worth less"),
        ("\n[cri]", "\n[kri]", "kri is not a known weight; remove it"),
    ],
)
def test_faults(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        load_weights(changed(tmp_path, old, new))
    assert sentence in str(caught.value) and "w.toml" in str(caught.value)


def test_all_faults_at_once(tmp_path: Path) -> None:
    file = changed(tmp_path, "CCI = 0.9", "Speed = 0.9")
    with pytest.raises(UserError, match=r"CCI is missing; add it; objective.Speed is not a known weight"):
        load_weights(file)


def test_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read the weights file .*none.toml: No such file"):
        load_weights(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[objective", encoding="utf-8")
    with pytest.raises(UserError, match=r"bad.toml is not a TOML file"):
        load_weights(tmp_path / "bad.toml")


def test_other_weights_are_another_version_and_another_score(tmp_path: Path) -> None:
    other = load_weights(
        changed(tmp_path, "CCI = 0.9     # what the negotiation was for\nCONV = 0.1", "CCI = 0.5\nCONV = 0.5")
    )
    record = agreement(terms(0, 10, 7, 6))
    assert other.fingerprint != default_weights().fingerprint == load_weights().fingerprint
    card = score(record, other)
    assert card.objective == pytest.approx(0.5 * card.CCI + 0.5 * card.CONV)
