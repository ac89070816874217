from __future__ import annotations

import json

import pytest

from optimizers.dpo.training_data import read_pairs, split_pairs
from plumbing.errors import UserError
from tests.optimizers.dpo.conftest import pair_line

PAIR = json.loads(pair_line("d-1"))


class Characters:
    """A tokenizer for which every character of the messages is a token."""

    def apply_chat_template(self, messages, **_):
        return {"input_ids": list("".join(one["content"] for one in messages))}


def test_of_one_debtors_pairs_none_is_held_out_while_another_is_trained_on(pairs):
    rows, sha256 = read_pairs(pairs)
    split = split_pairs([*rows, *rows], sha256, Characters(), 0.3, 1000)
    trained, held_out = ({row.case_id for row in some} for some in (split.train, split.heldout))
    assert not trained & held_out
    assert 0 < len(held_out) < len(trained)
    again = split_pairs(rows[::-1], sha256, Characters(), 0.3, 1000)
    assert {row.case_id for row in again.heldout} == held_out


def test_what_is_too_long_is_left_out_whole(pairs):
    pairs.write_text(pairs.read_text() + pair_line("d-99", prompt="long " * 100) + "\n")
    rows, sha256 = read_pairs(pairs)
    split = split_pairs(rows, sha256, Characters(), 0, 100)
    assert (split.too_long, len(split.train)) == (1, 24)
    with pytest.raises(UserError, match=r"no pair is left to train on: 25 of 25 are longer than 10 tokens"):
        split_pairs(rows, sha256, Characters(), 0.2, 10)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no pairs"),
        ('{"prompt": []}\n', "line 1 is no preference pair"),
        ("not JSON\n", "line 1 is no preference pair"),
        (json.dumps({"prompt": "Human: hi", "chosen": "a", "rejected": "b"}), "'prompt' is no list of messages"),
        (json.dumps(PAIR | {"rejected": PAIR["chosen"]}), "'chosen' and 'rejected' are the same reply"),
        (json.dumps({key: value for key, value in PAIR.items() if key != "case_id"}), "'case_id' is missing"),
        ('{"input": {}, "preferred_output": [], "non_preferred_output": []}\n', "write the pairs with --format trl"),
    ],
)
def test_a_file_that_holds_no_pairs_is_told_by_its_line(tmp_path, content, said):
    path = tmp_path / "pairs.jsonl"
    path.write_text(content)
    with pytest.raises(UserError, match=said):
        read_pairs(path)
    with pytest.raises(UserError, match="cannot read the pairs"):
        read_pairs(tmp_path / "nothing")
