"""The whole training on a model of a few thousand weights; needs the extra train."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("peft", reason="needs the extra train")

from optimizers.dpo.__main__ import dpo
from optimizers.train.__main__ import train
from optimizers.train.loop import batch_at, rate_at, steps_of
from optimizers.train.states import States, logps_of
from optimizers.train.train_settings import TrainSettings
from optimizers.train.training_data import read_pairs, split_items
from optimizers.train.weights.base import find_base, load
from optimizers.train.weights.layers import Layers
from tests.optimizers.train.conftest import pair_line
from tests.programs.command_line import CommandLine, Result

pytestmark = pytest.mark.train


@pytest.fixture
def line(monkeypatch, capsys) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def trained(line: CommandLine, pairs: Path, model: Path, out: Path, *more: object) -> Result:
    given = [pairs, "--out", out, "--model", model, "--device", "cpu", "--dtype", "fp32", "--learning-rate", 0.01]
    return line(train, "python -m optimizers.train", *given, "--epochs", 4, *more)


def card_of(folder: Path) -> dict:
    return json.loads((folder / "card.json").read_text())


def adapters(folder: Path) -> bytes:
    return (folder / "adapter" / "adapter_model.safetensors").read_bytes()


def test_held_out_pairs_are_told_apart_after_training_and_the_card_says_so(line, pairs, tiny_model, tmp_path):
    out = tmp_path / "out"
    result = trained(line, pairs, tiny_model, out, "--method", "dpo")
    assert result.code == 0, result.err
    card, found = card_of(out), card_of(out)["heldout"]
    assert found["margin"]["difference"]["low"] > 1
    assert found["ahead_after"] == 1
    for name in ("chosen", "rejected", "chosen_a_token", "rejected_a_token", "margin"):
        one = found[name]
        assert one["after"]["mean"] - one["before"]["mean"] == pytest.approx(one["difference"]["mean"], abs=1e-6)
    assert found["margin"]["before"]["mean"] == pytest.approx(
        found["chosen"]["before"]["mean"] - found["rejected"]["before"]["mean"]
    )
    assert card["trained_on"] + card["held_out"] == 24
    assert card["held_out"] == 5
    curve = [json.loads(text) for text in (out / "curve.jsonl").read_text().splitlines()]
    assert (curve[0]["step"], curve[0]["heldout_margin"]) == (0, 0)
    assert sum("heldout_margin" in row for row in curve) == 3
    assert curve[-1]["heldout_margin"] > 1
    assert (out / "curve.svg").read_text().startswith("<svg")
    assert "log p(rejected) a token" in result.out
    assert "runs as" not in result.out  # there is no GGUF file of this base


def test_imitation_comes_first_and_preference_goes_on_from_it(line, pairs, tiny_model, tmp_path):
    out = tmp_path / "out"
    assert trained(line, pairs, tiny_model, out).code == 0
    first, second = card_of(out / "sft"), card_of(out)
    assert (first["method"], second["method"]) == ("sft", "dpo")
    assert second["began_from"] == str(out / "sft")
    assert first["heldout"]["chosen"]["difference"]["mean"] > 1
    assert second["heldout"]["chosen"]["before"] == first["heldout"]["chosen"]["after"]
    assert adapters(out) != adapters(out / "sft")


def test_from_takes_the_adapters_of_an_earlier_training_with_their_rank_and_layers(line, pairs, tiny_model, tmp_path):
    trained(line, pairs, tiny_model, tmp_path / "first", "--method", "sft", "--rank", 3, "--top-layers", 1)
    result = trained(line, pairs, tiny_model, tmp_path / "second", "--method", "dpo", "--from", tmp_path / "first")
    assert result.code == 0, result.err
    card = card_of(tmp_path / "second")
    assert (card["settings"]["rank"], card["settings"]["top_layers"]) == (3, 1)
    before, after = card["heldout"]["chosen"]["before"], card_of(tmp_path / "first")["heldout"]["chosen"]["after"]
    assert before == after
    result = trained(line, pairs, tiny_model, tmp_path / "third", "--from", tmp_path)
    assert result.code == 2
    assert "holds no adapters to go on from" in result.err


def test_examples_may_be_others_than_the_chosen_replies(line, pairs, tiny_model, tmp_path):
    rows = [json.loads(text) for text in pairs.read_text().splitlines()]
    examples = [{"prompt": row["prompt"], "completion": row["chosen"], "case_id": row["case_id"]} for row in rows[:12]]
    (tmp_path / "examples.jsonl").write_text("".join(json.dumps(one) + "\n" for one in examples))
    out = tmp_path / "out"
    result = trained(line, pairs, tiny_model, out, "--examples", tmp_path / "examples.jsonl")
    assert result.code == 0, result.err
    assert card_of(out / "sft")["pairs_file"] == "examples.jsonl"
    assert card_of(out / "sft")["trained_on"] + card_of(out / "sft")["held_out"] == 12
    assert card_of(out / "sft")["heldout"]["margin"] is None


def test_the_same_seed_trains_the_same_adapters(line, pairs, tiny_model, tmp_path):
    for name in ("one", "two"):
        trained(line, pairs, tiny_model, tmp_path / name)
    trained(line, pairs, tiny_model, tmp_path / "other", "--seed", 1)
    assert adapters(tmp_path / "one") == adapters(tmp_path / "two") != adapters(tmp_path / "other")


def test_shuffled_labels_teach_no_preference(line, pairs, tiny_model, tmp_path):
    trained(line, pairs, tiny_model, tmp_path / "out", "--method", "dpo")
    trained(line, pairs, tiny_model, tmp_path / "shuffled", "--method", "dpo", "--shuffle-labels")
    right, shuffled = (card_of(tmp_path / name)["heldout"]["margin"]["difference"] for name in ("out", "shuffled"))
    assert abs(shuffled["mean"]) < right["mean"] / 2
    assert "no effect of the preferences" in (tmp_path / "shuffled" / "card.md").read_text()


@pytest.mark.parametrize("loss", ["sigmoid_norm", "ipo", "apo_zero"])
def test_every_loss_prefers_the_chosen(line, pairs, tiny_model, tmp_path, loss):
    result = trained(
        line, pairs, tiny_model, tmp_path / "out", "--method", "dpo", "--loss", loss, "--beta", 1, "--sft-weight", 0.1
    )
    assert result.code == 0, result.err
    assert card_of(tmp_path / "out")["heldout"]["margin"]["difference"]["low"] > 0


@pytest.mark.parametrize("top", [1, 2])
def test_log_probabilities_are_those_of_a_plain_forward_pass_of_each_reply(pairs, tiny_model, tmp_path, top):
    """Packed, from kept states, with the head on the reply alone: the same to a thousandth."""
    import torch

    model, tokenizer = load(find_base(str(tiny_model)), torch.float32)
    pairs.write_text(pair_line("d-1", chosen="firm and fair", rejected="firm and soft, too"))
    rows, sha256 = read_pairs(pairs)
    item = split_items(rows, sha256, tokenizer, 0, 1000).train[0]
    layers = Layers(model, top)
    states = States(layers, tmp_path / "states", "tiny")
    for _ in range(2):  # computed, then kept
        (found,) = logps_of(layers, states, [item])
        for reply, ours in zip((rows[0].chosen, rows[0].rejected), found.sums, strict=True):
            asked = tokenizer.apply_chat_template(rows[0].prompt, add_generation_prompt=True, return_dict=True)
            said = tokenizer(reply[0]["content"], add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
            ids = torch.tensor([[*asked["input_ids"], *said]])
            logps = model(input_ids=ids).logits[0].log_softmax(-1)
            start = len(asked["input_ids"])
            plain = sum(logps[place - 1, ids[0, place]].item() for place in range(start, ids.shape[1]))
            assert ours == pytest.approx(plain, abs=1e-3)
    assert len(list((tmp_path / "states").glob("*"))) == (top < 2)


def test_a_step_is_exactly_a_batch_every_item_is_met_and_no_step_stands_still():
    settings = TrainSettings(batch=4, epochs=2.5)
    steps = steps_of(10, settings)
    met = [batch_at(step, 10, settings) for step in range(steps)]
    assert [len(one) for one in met] == [4] * 6 + [1]
    flat = list(itertools.chain.from_iterable(met))
    assert sorted(flat[:10]) == sorted(flat[10:20]) == list(range(10))
    assert flat[:10] != flat[10:20]
    for number in (1, 3, 10, 100):
        rates = [rate_at(step, number, settings) for step in range(number)]
        assert min(rates) > 0
        assert max(rates) == pytest.approx(settings.learning_rate)


def test_merged_weights_say_what_base_and_adapters_say(line, pairs, tiny_model, tmp_path):
    import torch
    from peft import PeftModel

    trained(line, pairs, tiny_model, tmp_path / "out", "--merge")
    base, tokenizer = load(find_base(str(tiny_model)), torch.float32)
    merged, _ = load(find_base(str(tmp_path / "out" / "merged")), torch.float32)
    rows, sha256 = read_pairs(pairs)
    items = split_items(rows[:2], sha256, tokenizer, 0, 1000).train
    with_adapters = PeftModel.from_pretrained(base, tmp_path / "out" / "adapter")
    found = [
        logps_of(layers := Layers(one, 2), States(layers, tmp_path, "x"), items) for one in (merged, with_adapters)
    ]
    for ours, theirs in zip(*found, strict=True):
        assert ours.sums == pytest.approx(theirs.sums, abs=1e-3)


def test_killed_in_the_middle_it_goes_on_to_the_same_adapters(line, pairs, tiny_model, tmp_path):
    trained(line, pairs, tiny_model, tmp_path / "whole", "--epochs", 20)
    argv = [pairs, "--out", tmp_path / "cut", "--model", tiny_model, "--device", "cpu", "--dtype", "fp32"]
    argv += ["--learning-rate", "0.01", "--epochs", "20"]
    process = subprocess.Popen(
        [sys.executable, "-m", "optimizers.train", *map(str, argv)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    waited = time.monotonic() + 120
    while not list((tmp_path / "cut").glob("**/checkpoint.pt")):
        assert time.monotonic() < waited
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    result = trained(line, pairs, tiny_model, tmp_path / "cut", "--epochs", 20)
    assert result.code == 0, result.err
    for stage in ("sft", "."):
        assert adapters(tmp_path / "cut" / stage) == adapters(tmp_path / "whole" / stage)
        assert card_of(tmp_path / "cut" / stage)["heldout"] == card_of(tmp_path / "whole" / stage)["heldout"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--device", "tpu"], "'tpu'"),
        (["--model", "nobody"], "no model is called 'nobody'"),
        (["--model", "local:/nothing.gguf"], "there is no model file"),
        (["--method", "sft", "--rounds", 2], "further rounds are of dpo"),
        (["--rounds", 2], "its card"),
        (["--max-tokens", 64, "--eval-share", 0], ""),
    ],
)
def test_a_mistake_is_one_sentence(line, pairs, tiny_model, tmp_path, more, said):
    if not said:
        pairs.write_text(pair_line("d-1", prompt="x" * 500))
        said = "no pair is left to train on"
    result = trained(line, pairs, tiny_model, tmp_path / "out", *more)
    assert result.code == 2
    assert said in result.err


def test_a_folder_of_another_training_is_refused_and_a_finished_one_is_not_trained_again(
    line, pairs, tiny_model, tmp_path
):
    trained(line, pairs, tiny_model, tmp_path / "out")
    before = adapters(tmp_path / "out")
    again = trained(line, pairs, tiny_model, tmp_path / "out")
    assert again.code == 0
    assert adapters(tmp_path / "out") == before
    result = trained(line, pairs, tiny_model, tmp_path / "out", "--rank", 4)
    assert result.code == 2
    assert "holds another training" in result.err


def test_the_earlier_name_trains_by_preferences_alone(line, pairs, tiny_model, tmp_path):
    given = [pairs, "--out", tmp_path / "out", "--model", tiny_model, "--device", "cpu", "--epochs", 1]
    result = line(dpo, "python -m optimizers.dpo", *given)
    assert result.code == 0, result.err
    assert card_of(tmp_path / "out")["method"] == "dpo"
    assert not (tmp_path / "out" / "sft").exists()


def test_a_directory_without_a_model_and_a_model_without_a_chat_template_are_told(line, pairs, tiny_model, tmp_path):
    assert "no config.json" in trained(line, pairs, tmp_path, tmp_path / "out").err
    bare = tmp_path / "bare"
    bare.mkdir()
    for file in tiny_model.iterdir():
        if file.name != "chat_template.jinja":
            (bare / file.name).write_bytes(file.read_bytes())
    assert "no chat template" in trained(line, pairs, bare, tmp_path / "out").err
