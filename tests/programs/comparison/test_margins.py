"""Margins: the shipped file is complete, and a faulty one is explained in a sentence."""

from __future__ import annotations

import pytest

from plumbing.errors import UserError
from programs.comparison.difference import MEASURES
from programs.comparison.margins import read_margins


def test_the_shipped_file_has_a_margin_for_every_metric_and_index():
    margins = read_margins()
    assert set(margins) == set(MEASURES)
    assert all(margin > 0 for margin in margins.values())


def test_a_metric_left_out_has_no_margin(tmp_path):
    file = tmp_path / "margins.toml"
    file.write_text("objective = 0.03\nCRD = 20\n")
    assert read_margins(file) == {"objective": 0.03, "CRD": 20.0}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("objectve = 0.03", "no metric is called 'objectve'; the names are DC, DS"),
        ("objective = 0", "the margin objective = 0 is no number above 0; leave objective out"),
        ("RR = -0.1", "RR = -0.1 is no number above 0"),
        ("RR = nan", "RR = nan is no number above 0"),
        ("RR = true", "RR = True is no number above 0"),
        ('RR = "small"', "RR = 'small' is no number above 0"),
        ("[metrics]\nRR = 1", "no metric is called 'metrics'"),
        ("objective: 0.03", "is not valid TOML"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, text, sentence):
    file = tmp_path / "margins.toml"
    file.write_text(text)
    with pytest.raises(UserError) as told:
        read_margins(file)
    assert sentence in str(told.value) and str(file) in str(told.value)
    assert "\n" not in str(told.value)


def test_no_file_and_no_text(tmp_path):
    with pytest.raises(UserError, match=r"no margins file .*; check --margins"):
        read_margins(tmp_path / "missing.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is no text file"):
        read_margins(tmp_path / "bytes.toml")
