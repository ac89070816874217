"""The prepared run from end to end at a tiny size, on the tests' small model: what it does on a card, it does here."""

from __future__ import annotations

import json
import random
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

pytest.importorskip("peft", reason="needs the extra train")
pytest.importorskip("llguidance", reason="needs the extra gpu")

from optimizers.train.weights.base import find_base, load
from scripts.gpu.__main__ import main
from scripts.gpu.arms import summary
from scripts.gpu.generation import Asked, Generator, Replied
from scripts.gpu.results import pack
from tests.optimizers.preferences.students import reply
from tests.programs.command_line import CommandLine

pytestmark = pytest.mark.train
ARMS = ("base", "sft", "sft-dpo", "dpo")


def command(model: object, out: Path, train_debtors: int) -> list[object]:
    """A run of a few debtors with a policy of two rounds."""
    policy = out.parent / "policy.toml"
    policy.write_text("round_limit = 2\n")
    sizes = ["--train-debtors", train_debtors, "--heldout-debtors", 2, "--turns", 1, "--student-samples", 1]
    learning = ["--at-once", 6, "--top-layers", 1, "--rank", 2, "--batch", 4, "--dpo-alone", "--device", "cpu"]
    return ["--model", model, "--out", out, "--policy", policy, *sizes, *learning]


def saying(self: Generator, asked: Sequence[Asked]) -> list[Replied]:
    """What a student that gives too much away writes, in place of a model that takes minutes for it."""
    found = []
    for one in asked:
        prompt = self.tokenizer.decode(list(one.ids))
        text = reply(prompt, random.Random(f"{one.seed} {prompt}"))
        found.append(Replied(text, len(text), True))
    return found


@pytest.mark.thorough
@pytest.mark.timeout(3000)
def test_a_small_model_goes_through_the_whole_run(monkeypatch, capsys, model_file, tmp_path):
    argv = command(f"local:{model_file}", tmp_path / "out", 8)
    result = CommandLine(monkeypatch, capsys)(main, "python -m scripts.gpu", *argv, "--minutes", 50)
    assert result.code == 0, result.err
    assert set(json.loads((tmp_path / "out" / "summary.json").read_text())) == set(ARMS)


def test_it_samples_trains_plays_and_packs_and_goes_on_where_it_was(monkeypatch, capsys, tiny_model, tmp_path):
    monkeypatch.setattr(Generator, "replies", saying)
    line, out = CommandLine(monkeypatch, capsys), tmp_path / "out"
    argv = [*command(tiny_model, out, 8), "--max-tokens", 20_000]

    first = line(main, "python -m scripts.gpu", *argv, "--minutes", 0)
    assert first.code == 0, first.err
    assert "the same command goes on" in first.err
    result = line(main, "python -m scripts.gpu", *argv, "--minutes", 14)
    assert result.code == 0, result.err
    told = json.loads((out / "summary.json").read_text())
    assert set(told) == set(ARMS)
    assert all(one["debtors"] == 2 for one in told.values())
    assert set(told["sft-dpo"]["difference"]) >= {"objective", "CRI", "DHI", "empty_words"}
    with tarfile.open(out / "results.tar.xz") as tar:
        names = set(tar.getnames())
    assert {"summary.json", "pairs.jsonl", "sft-dpo/card.md", "played/dpo.jsonl"} <= names
    assert not any(name.startswith("states") for name in names)

    played = (out / "played" / "base.jsonl").read_bytes()
    again = line(main, "python -m scripts.gpu", *argv, "--minutes", 14)
    assert again.code == 0, again.err
    assert (out / "played" / "base.jsonl").read_bytes() == played
    assert json.loads((out / "summary.json").read_text()) == told


def test_replies_are_held_to_their_schema_and_batching_changes_no_greedy_one(model_file):
    import torch

    model, tokenizer = load(find_base(f"local:{model_file}"), torch.float32)
    generator = Generator(model, tokenizer)
    number = {"type": "integer", "minimum": 0, "maximum": 99}
    schema = {"type": "object", "properties": {"n": number}, "required": ["n"], "additionalProperties": False}
    grammar = f"%llguidance {{}}\nstart: %json {json.dumps({**schema, 'x-guidance': {'whitespace_flexible': False}})}"

    def asked(text: str, temperature: float = 0.0, seed: int = 0) -> Asked:
        messages = [{"role": "user", "content": text}]
        ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
        return Asked(tuple(ids), grammar, 20, temperature, seed)

    some = [asked("Say a number."), asked("How many fingers has a hand? Answer in JSON."), asked("7", 1.0, 5)]
    together, alone = generator.replies(some), [generator.replies([one])[0] for one in some]
    for one in (*together, *alone):
        assert one.whole
        assert 0 <= json.loads(one.text)["n"] <= 99
    assert [one.text for one in together[:2]] == [one.text for one in alone[:2]]
    samples = {generator.replies([asked("Say a number.", 1.5, seed)])[0].text for seed in range(6)}
    assert len(samples) > 1
    assert generator.replies([some[2]]) == generator.replies([some[2]])


def test_a_summary_is_paired_by_debtor():
    base = {"a": {"objective": 0.1}, "b": {"objective": 0.3}, "c": {"objective": 0.9}}
    told = summary({"base": base, "sft": {"a": {"objective": 0.3}, "b": {"objective": 0.5}}}, "base")
    assert told["base"]["means"]["objective"] == pytest.approx(1.3 / 3)
    assert told["sft"]["difference"]["objective"]["mean"] == pytest.approx(0.2)
    assert "difference" not in told["base"]


def test_what_is_large_and_made_again_stays_behind(tmp_path: Path):
    for name in ("states/a.safetensors", "sft/checkpoint.pt", "sft/card.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    pack(tmp_path)
    with tarfile.open(pack(tmp_path)) as tar:
        assert tar.getnames() == ["sft/card.md"]
