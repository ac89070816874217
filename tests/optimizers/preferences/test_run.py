from __future__ import annotations

import json
import random

import dspy
import pytest

from data.book import read_book
from optimizers.preferences.run import SampledNegotiation, require_training
from plumbing.errors import UserError
from tests.optimizers.preferences.command import rows, sampled
from tests.optimizers.preferences.students import engine, over_conceding, reply
from tests.programs.players import playing, sensible
from tests.scripted import scripted_lm


def test_pairs_and_card_are_written_of_training_debtors_only(line, tmp_path, book):
    line.use_model(over_conceding(cache=True))
    result = sampled(line, tmp_path, book)
    assert result.code == 0, result.err
    card = json.loads((tmp_path / "pairs.card.json").read_text())
    assert card["pairs"] == len(rows(tmp_path)) > 0
    assert sum(card["margins"]["counts"]) == card["pairs"]
    assert sum(card["chosen_choices"].values()) == card["pairs"]
    assert card["cost"]["calls"] > 0
    training = {case.case_id for case in read_book(book).split("train")}
    assert {row["case_id"] for row in rows(tmp_path)} <= training
    assert all(row["margin"] >= 0.02 - 1e-9 for row in rows(tmp_path))
    assert card["confirmed"]["tables"] > 0
    assert "Margins" in result.out
    assert "Margins" in (tmp_path / "pairs.card.md").read_text()


def test_the_same_command_again_asks_nothing_and_writes_the_same_bytes(line, tmp_path, book):
    lm = over_conceding(cache=True)
    line.use_model(lm)
    sampled(line, tmp_path, book)
    first, asked = (tmp_path / "pairs.jsonl").read_bytes(), len(engine(lm).requests)
    sampled(line, tmp_path, book)
    assert (tmp_path / "pairs.jsonl").read_bytes() == first
    assert len(engine(lm).requests) == asked
    assert sampled(line, tmp_path, book, "--margin", 0.2, "--format", "openai").code in (0, 2)
    assert len(engine(lm).requests) == asked


def test_more_debtors_add_to_those_that_were_sampled(line, tmp_path, book):
    lm = over_conceding(cache=True)
    line.use_model(lm)
    sampled(line, tmp_path, book, "--debtors", 2)
    before = rows(tmp_path)
    sampled(line, tmp_path, book, "--debtors", 4)
    assert rows(tmp_path)[: len(before)] == before
    assert (
        "6 training debtors, 4 of them sampled already"
        in sampled(line, tmp_path, book, "--debtors", 6, "--dry-run").err
    )


def test_at_a_cap_it_stops_writes_what_there_is_and_goes_on_later_without_paying_twice(line, tmp_path, book):
    whole = over_conceding(cache=True)
    line.use_model(whole)
    sampled(line, tmp_path / "whole", book)
    asked = len(engine(whole).requests)
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    part = over_conceding(cache=True)
    line.use_model(part)
    cap = asked * 2 // 3
    result = sampled(line, tmp_path / "part", book, "--max-calls", cap)
    assert result.code == 0
    assert "stopped early: the budget of" in result.err
    assert sum("ok" not in prompt for prompt in engine(part).prompts) <= cap + 1
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)  # only the run's own answers are left
    sampled(line, tmp_path / "part", book)
    assert len(rows(tmp_path / "part")) == len(rows(tmp_path / "whole"))
    asks = [p for p in engine(part).prompts if "Answer with the one word" not in p]
    assert len(asks) == sum("Answer with the one word" not in p for p in engine(whole).prompts)


def test_replies_worth_imitating_are_written_on_request(line, tmp_path, book):
    line.use_model(over_conceding(cache=True))
    assert sampled(line, tmp_path, book, "--examples", tmp_path / "examples.jsonl").code == 0
    lines = [json.loads(text) for text in (tmp_path / "examples.jsonl").read_text().splitlines()]
    assert len(lines) == json.loads((tmp_path / "pairs.card.json").read_text())["examples"] > 0
    assert all(one["completion"][0]["role"] == "assistant" and one["objective"] >= 0.05 for one in lines)


def test_a_program_may_teach_and_the_student_keeps_its_own_words(line, tmp_path, book):
    rng = random.Random(0)

    def both(prompt):
        if "one word" in prompt:
            return "ok"
        return reply(prompt, rng) if "discount_pct" in prompt and "`strategy`" not in prompt else teacher(prompt)

    teacher = engine(playing(sensible)).answer
    line.use_model(scripted_lm(both, cache=True))
    result = sampled(line, tmp_path, book, "--teacher", "planned")
    assert result.code == 0, result.err
    assert "teacher" in json.loads((tmp_path / "pairs.card.json").read_text())["candidates"]
    for row in rows(tmp_path):
        chosen, rejected = (json.loads(row[side][0]["content"])["turn"] for side in ("chosen", "rejected"))
        assert chosen["message"] == rejected["message"]


def test_another_question_is_another_run(line, tmp_path, book):
    line.use_model(over_conceding(cache=True))
    for seed in (0, 1):
        sampled(line, tmp_path, book, "--seed", seed, "--debtors", 1)
    assert len(list((tmp_path / "runs").glob("preferences-*"))) == 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--teacher", "local:FILE.gguf"], "cannot teach; name a rule"),
        (["--turns", 0, "--teacher-turns", 0], "no table would be looked at"),
        (["--plays-on", "nobody"], "no rule-based creditor is called 'nobody'"),
        (["--debtors", 5000], "has only"),
        (["--teacher", "nobody@3"], "nobody"),
    ],
)
def test_a_mistake_is_one_sentence(line, tmp_path, book, more, said):
    line.use_model(playing(cache=True))
    result = sampled(line, tmp_path, book, *more)
    assert result.code == 2
    assert said in result.err
    assert not (tmp_path / "pairs.jsonl").exists()


def test_no_pair_is_said_and_nothing_is_overwritten(line, tmp_path, book):
    line.use_model(over_conceding(cache=True))
    (tmp_path / "pairs.jsonl").write_text("kept")
    result = sampled(line, tmp_path, book, "--threshold", 1)
    assert result.code == 2
    assert "no pair came of it" in result.err
    assert (tmp_path / "pairs.jsonl").read_text() == "kept"


def test_a_dry_run_calls_nothing(line, tmp_path, book):
    lm = over_conceding(cache=True)
    line.use_model(lm)
    assert "model calls" in sampled(line, tmp_path, book, "--dry-run").err
    assert engine(lm).requests == []


def test_a_provider_that_is_gone_ends_it_in_a_sentence(line, tmp_path, book):
    line.use_model(playing(lambda prompt: "ok" if "one word" in prompt else dspy.lm15.ServerError("down"), cache=True))
    result = sampled(line, tmp_path, book, "--debtors", 8)
    assert result.code == 2
    assert "5 debtors in a row were lost" in result.err


def test_who_is_no_training_debtor_is_refused_whatever_the_file_says(book):
    stranger = read_book(book).split("heldout")[0]
    with pytest.raises(UserError, match="no training debtors"):
        require_training(read_book(book), [SampledNegotiation(case_id=stranger.case_id, seed=0, tables=())])
