"""Further rounds: sampled as the first was, with what was trained, from where the training stands."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("peft", reason="needs the extra train")

from optimizers.preferences.card.pairs_card import PairsChecked, card_of
from optimizers.preferences.pairs import PairRules
from optimizers.preferences.run import PreferenceConfig, SampledNegotiation
from optimizers.preferences.sampling import SamplingPlan
from optimizers.train import rounds
from programs.models.accounts import Cost
from tests.optimizers.train.conftest import pair_line
from tests.optimizers.train.test_training import adapters, line, trained  # noqa: F401
from tests.optimizers.train.test_training import card_of as trained_card

pytestmark = pytest.mark.train


def write_card(pairs, teacher_lm=None):
    config = PreferenceConfig(
        teacher="rational",
        teacher_sha256="t",
        teacher_lm=teacher_lm,
        student_lm='["base", {}]',
        book_sha256="b",
        playing_sha256="p",
        seed=7,
        plan=SamplingPlan(turns=3, plays_on="boulware"),
    )
    some = [SampledNegotiation(case_id=f"d-{n}", seed=7, tables=()) for n in range(24)]
    checked = PairsChecked(
        pairs_sha256="x", dropped_for_balance=0, confirmed=None, told_apart_by_words=None, examples=0
    )
    card = card_of(config, PairRules(margin=0.07), "nowhere.jsonl", some, [], checked, Cost(), None)
    pairs.with_suffix(".card.json").write_text(card.model_dump_json())


def test_a_further_round_samples_as_the_first_with_what_was_trained(line, pairs, tiny_model, tmp_path, monkeypatch):  # noqa: F811
    asked = []

    def sampled(**given):
        asked.append(given)
        given["out"].parent.mkdir(exist_ok=True, parents=True)
        given["out"].write_text("\n".join(pair_line(f"d-{n}", "firmer", "softer", f"Turn {n}.") for n in range(24)))

    monkeypatch.setattr(rounds, "preferences", sampled)
    write_card(pairs)
    base, out = tmp_path / "base.gguf", tmp_path / "out"
    base.write_bytes(b"GGUF base")
    argv = ["--method", "dpo", "--rounds", 2, "--base-gguf", base]
    result = trained(line, pairs, tiny_model, out, *argv)
    assert result.code == 0, result.err
    (given,) = asked
    assert given["lm"] == f"local:{out / 'round-1'}"
    assert (given["debtors"], given["seed"], given["turns"], given["plays_on"]) == (24, 8, 3, "boulware")
    assert (given["margin"], given["book"]) == (0.07, None)
    assert trained_card(out)["began_from"] == str(out / "round-1")
    assert trained_card(out)["pairs_file"] == "pairs.jsonl"
    assert json.loads((out / "model.json").read_text())["base"] == str(base)
    before = adapters(out)
    assert trained(line, pairs, tiny_model, out, *argv).code == 0
    assert (len(asked), adapters(out)) == (1, before)  # what was sampled and trained stays


def test_rounds_need_a_card_of_a_teacher_without_a_model_and_a_base_to_play_with(line, pairs, tiny_model, tmp_path):  # noqa: F811
    write_card(pairs)
    result = trained(line, pairs, tiny_model, tmp_path / "out", "--rounds", 2)
    assert "needs a GGUF file of the base" in result.err
    write_card(pairs, teacher_lm='["gpt", {}]')
    result = trained(line, pairs, tiny_model, tmp_path / "out", "--rounds", 2)
    assert "which needs a model; further rounds are for teachers without one" in result.err
    assert result.code == 2
