from __future__ import annotations

import pytest

from data.domain import CreditorPolicy
from data.policy import read_policy
from plumbing.errors import UserError


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.toml", "max_discount_pct = 20\nround_limit = 6\n"),
        ("p.json", '{"max_discount_pct": 20, "round_limit": 6}'),
    ],
)
def test_a_policy_names_what_it_changes(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    assert read_policy(path) == CreditorPolicy(max_discount_pct=20, round_limit=6)
    assert read_policy(None) == CreditorPolicy()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("min_discount_pct = 40", "impossible policy: min_discount_pct 40 is above max_discount_pct 30"),
        ("max_discount = 10", "there is no limit called 'max_discount'; the limits are min_discount_pct"),
        ("max_discount_pct = 130", "max_discount_pct = 130 is impossible: input should be less than or equal to 100"),
        ("round_limit = 'ten'", "round_limit = 'ten' is impossible"),
        ("max_discount_pct 20", "is not valid TOML"),
    ],
)
def test_an_impossible_policy_gets_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        read_policy(path)
    assert str(path) in str(error.value)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_list_is_no_policy(tmp_path):
    path = tmp_path / "policy.json"
    path.write_text("[1]")
    with pytest.raises(UserError, match="a policy is a table of limits"):
        read_policy(path)


def test_no_file_no_text(tmp_path):
    with pytest.raises(UserError, match="there is no policy file"):
        read_policy(tmp_path / "none.toml")
    (tmp_path / "bin.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is no text file"):
        read_policy(tmp_path / "bin.toml")
