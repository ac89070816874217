"""The whole training on a model of a few thousand weights; needs the extra dpo."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="needs the extra dpo")

from optimizers.dpo.__main__ import dpo
from optimizers.dpo.base import find_base, load
from optimizers.dpo.logps import margins
from optimizers.dpo.training_data import read_pairs
from tests.optimizers.dpo.conftest import pair_line
from tests.programs.command_line import CommandLine, Result

pytestmark = pytest.mark.dpo


@pytest.fixture
def line(monkeypatch, capsys) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def trained(line: CommandLine, pairs: Path, model: Path, out: Path, *more: object) -> Result:
    given = [pairs, "--out", out, "--model", model, "--device", "cpu", "--learning-rate", 0.01, "--epochs", 4]
    return line(dpo, "python -m optimizers.dpo", *given, *more)


def test_held_out_pairs_are_told_apart_after_training_and_the_card_says_so(line, pairs, tiny_model, tmp_path):
    result = trained(line, pairs, tiny_model, tmp_path / "out")
    assert result.code == 0, result.err
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    found = card["margins"]
    assert found["difference"]["low"] > 1
    assert found["ahead_after"] == 1
    assert found["after"]["mean"] - found["before"]["mean"] == pytest.approx(found["difference"]["mean"])
    assert card["trained_on"] + card["held_out"] == 24
    curve = [json.loads(text) for text in (tmp_path / "out" / "curve.jsonl").read_text().splitlines()]
    assert curve[0]["step"] == 0
    assert curve[0]["eval_loss"] == pytest.approx(math.log(2), abs=1e-4)  # nothing learned: a coin
    assert curve[-1]["eval_loss"] < 0.5
    assert (tmp_path / "out" / "curve.svg").read_text().startswith("<svg")
    assert (tmp_path / "out" / "adapter" / "adapter_model.safetensors").is_file()
    assert "runs as" not in result.out  # there is no GGUF file of this base


def test_the_same_seed_trains_the_same_adapters(line, pairs, tiny_model, tmp_path):
    for name in ("one", "two"):
        trained(line, pairs, tiny_model, tmp_path / name)
    trained(line, pairs, tiny_model, tmp_path / "other", "--seed", 1)
    one, two, other = (
        (tmp_path / name / "adapter" / "adapter_model.safetensors").read_bytes() for name in ("one", "two", "other")
    )
    assert one == two != other


def test_margins_are_those_of_the_whole_sentence_as_a_plain_forward_pass_has_them(pairs, tiny_model):
    import torch

    model, tokenizer = load(find_base(str(tiny_model)), torch.float32)
    row = read_pairs(pairs)[0][0]
    plain = []
    for reply in (row.chosen, row.rejected):
        ids = tokenizer.apply_chat_template([*row.prompt, *reply], return_dict=True, return_tensors="pt")["input_ids"]
        asked = len(
            tokenizer.apply_chat_template(row.prompt, add_generation_prompt=True, return_dict=True)["input_ids"]
        )
        logps = model(input_ids=ids).logits[0].log_softmax(-1)
        plain.append(sum(logps[place - 1, ids[0, place]].item() for place in range(asked, ids.shape[1])))
    assert margins(model, tokenizer, [row]) == pytest.approx([plain[0] - plain[1]], abs=1e-3)


def test_merged_weights_say_what_base_and_adapters_say(line, pairs, tiny_model, tmp_path):
    import torch
    from peft import PeftModel

    trained(line, pairs, tiny_model, tmp_path / "out", "--merge")
    rows = read_pairs(pairs)[0][:2]
    base, tokenizer = load(find_base(str(tiny_model)), torch.float32)
    merged, _ = load(find_base(str(tmp_path / "out" / "merged")), torch.float32)
    with_adapters = PeftModel.from_pretrained(base, tmp_path / "out" / "adapter")
    assert margins(merged, tokenizer, rows) == pytest.approx(margins(with_adapters, tokenizer, rows), abs=1e-3)


def test_killed_in_the_middle_it_goes_on_from_its_checkpoint_to_the_same_adapters(line, pairs, tiny_model, tmp_path):
    trained(line, pairs, tiny_model, tmp_path / "whole", "--epochs", 30)
    argv = [pairs, "--out", tmp_path / "cut", "--model", tiny_model, "--device", "cpu"]
    argv += ["--learning-rate", "0.01", "--epochs", "30"]
    process = subprocess.Popen(
        [sys.executable, "-m", "optimizers.dpo", *map(str, argv)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    waited = time.monotonic() + 120
    while not list((tmp_path / "cut").glob("checkpoints/checkpoint-*/trainer_state.json")):
        assert time.monotonic() < waited
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    result = trained(line, pairs, tiny_model, tmp_path / "cut", "--epochs", 30)
    assert result.code == 0, result.err
    whole, cut = (json.loads((tmp_path / name / "card.json").read_text()) for name in ("whole", "cut"))
    assert cut["steps"] == whole["steps"]
    assert cut["margins"]["after"]["mean"] == pytest.approx(whole["margins"]["after"]["mean"], rel=1e-3)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--device", "tpu"], "no device is called"),
        (["--model", "nobody"], "no model is called 'nobody'"),
        (["--model", "local:/nothing.gguf"], "there is no model file"),
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


def test_a_folder_of_another_training_is_refused(line, pairs, tiny_model, tmp_path):
    trained(line, pairs, tiny_model, tmp_path / "out")
    result = trained(line, pairs, tiny_model, tmp_path / "out", "--rank", 4)
    assert result.code == 2
    assert "holds another training" in result.err


def test_a_directory_without_a_model_and_a_model_without_a_chat_template_are_told(line, pairs, tiny_model, tmp_path):
    assert "no config.json" in trained(line, pairs, tmp_path, tmp_path / "out").err
    bare = tmp_path / "bare"
    bare.mkdir()
    for file in tiny_model.iterdir():
        if file.name != "chat_template.jinja":
            (bare / file.name).write_bytes(file.read_bytes())
    assert "no chat template" in trained(line, pairs, bare, tmp_path / "out").err
