from __future__ import annotations

import json

import pytest

from optimizers.train.training_data import read_examples, read_pairs, split_items
from plumbing.errors import UserError
from tests.optimizers.train.conftest import pair_line

PAIR = json.loads(pair_line("d-1"))


class Characters:
    """A tokenizer for which every character of the messages is a token; a reply ends with a full stop."""

    eos_token_id = "."

    def apply_chat_template(self, messages, **_):
        text = "".join(f"{one['content']}." if one["role"] == "assistant" else one["content"] for one in messages)
        return {"input_ids": list(text)}


def test_of_one_debtors_pairs_none_is_held_out_while_another_is_trained_on(pairs):
    rows, sha256 = read_pairs(pairs)
    split = split_items([*rows, *rows], sha256, Characters(), 0.3, 1000)
    trained, held_out = ({row.case_id for row in some} for some in (split.train, split.heldout))
    assert not trained & held_out
    assert 0 < len(held_out) < len(trained)
    again = split_items(rows[::-1], sha256, Characters(), 0.3, 1000)
    assert {row.case_id for row in again.heldout} == held_out


def test_what_is_too_long_is_left_out_whole(pairs):
    pairs.write_text(pairs.read_text() + pair_line("d-99", prompt="long " * 100) + "\n")
    rows, sha256 = read_pairs(pairs)
    split = split_items(rows, sha256, Characters(), 0, 100)
    assert (split.too_long, len(split.train)) == (1, 24)
    with pytest.raises(UserError, match=r"no pair is left to train on: 25 of 25 are longer than 10 tokens"):
        split_items(rows, sha256, Characters(), 0.2, 10)


@pytest.mark.parametrize(("share", "number"), [(0.2, 5), (0.25, 6), (0.01, 1), (0.0, 0)])
def test_the_share_of_debtors_is_held_out_to_the_nearest_one(pairs, share, number):
    rows, sha256 = read_pairs(pairs)
    split = split_items(rows, sha256, Characters(), share, 1000)
    assert len({item.case_id for item in split.heldout}) == number
    alone = split_items(rows[:1], sha256, Characters(), 0.5, 1000)
    assert (len(alone.train), alone.heldout) == (1, ())


def test_a_pair_is_one_sequence_with_the_common_part_once(pairs):
    pairs.write_text(pair_line("d-1", "take this.", "take that, then.", "Your turn."))
    rows, sha256 = read_pairs(pairs)
    one = split_items(rows, sha256, Characters(), 0, 1000).train[0].packed
    prompt = "You negotiate.Your turn."
    assert "".join(one.ids) == f"{prompt}take this.at, then."
    assert (one.asked, one.common, one.rests) == (len(prompt), len(prompt) + 7, (3, 9))
    for side, reply in enumerate(("take this.", "take that, then.")):
        places, tokens = one.predicted(side)
        assert "".join(tokens) == reply
        assert [one.positions[place] for place in places] == list(range(len(prompt) - 1, len(prompt) + len(reply) - 1))


def test_examples_are_pairs_without_a_rejected_reply(pairs, tmp_path):
    example = {"prompt": PAIR["prompt"], "completion": PAIR["chosen"], "case_id": "d-1"}
    path = tmp_path / "examples.jsonl"
    path.write_text(json.dumps(example) + "\n")
    assert [(row.chosen, row.rejected) for row in read_examples(path)[0]] == [(PAIR["chosen"], None)]
    assert len(read_examples(pairs)[0]) == 24
    with pytest.raises(UserError, match=r"line 1 is no preference pair .*: 'chosen' is missing"):
        read_pairs(path)
    path.write_text(json.dumps({"messages": PAIR["prompt"]}))
    with pytest.raises(UserError, match="write the file with --format trl"):
        read_examples(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no pairs"),
        ('{"prompt": []}\n', "line 1 is no preference pair"),
        ("not JSON\n", "line 1 is no preference pair"),
        (json.dumps({"prompt": "Human: hi", "chosen": "a", "rejected": "b"}), "'prompt' is no list of messages"),
        (json.dumps(PAIR | {"rejected": PAIR["chosen"]}), "'chosen' and 'rejected' are the same reply"),
        (json.dumps({key: value for key, value in PAIR.items() if key != "case_id"}), "'case_id' is missing"),
        ('{"input": {}, "preferred_output": [], "non_preferred_output": []}\n', "write the file with --format trl"),
    ],
)
def test_a_file_that_holds_no_pairs_is_told_by_its_line(tmp_path, content, said):
    path = tmp_path / "pairs.jsonl"
    path.write_text(content)
    with pytest.raises(UserError, match=said):
        read_pairs(path)
    with pytest.raises(UserError, match="cannot read the pairs"):
        read_pairs(tmp_path / "nothing")
