from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter

from data.domain import Ending, Move, MoveKind, Speaker, Turn
from optimizers.preferences.formats import PairFormat, openai_row, trl_row, write_pairs
from optimizers.preferences.pairs import PairRules, pairs_at
from optimizers.preferences.sampling import Candidate, TableCandidates

PROMPT = ({"role": "system", "content": "You negotiate."}, {"role": "user", "content": "Your turn: 您好"})


def candidate(objective: float, name: str = "", **changed: object) -> Candidate:
    turn = Turn(speaker=Speaker.CREDITOR, move=Move(kind=MoveKind.ACCEPT), dialogue="Thank you.")
    values = {"source": "teacher_sample", "sample": 0, "turn": turn, "ending": Ending.ROUND_LIMIT}
    return Candidate.model_validate({**values, "reply": name or f"r{objective}", "objective": objective, **changed})


def table(*candidates: Candidate) -> TableCandidates:
    return TableCandidates(case_id="d-1", seed=3, round=2, prompt=PROMPT, candidates=candidates)


def found(*objectives: float, **rules: object) -> list[tuple[float, float]]:
    rules = {"threshold": 0.5, "margin": 0.1, "rejected": 2, **rules}
    pairs = pairs_at(table(*map(candidate, objectives)), PairRules.model_validate(rules))
    return [(pair.chosen_objective, pair.rejected_objective) for pair in pairs]


@pytest.mark.parametrize(
    ("objectives", "pairs"),
    [
        ((0.6, 0.4), [(0.6, 0.4)]),
        ((0.4, 0.1), []),  # nothing passes
        ((0.6, 0.55), []),  # as good as each other
        ((0.6, 0.5), [(0.6, 0.5)]),  # the margin itself is enough
        ((0.5, 0.1), [(0.5, 0.1)]),  # the threshold itself passes
        ((0.6, 0.3, 0.8, 0.1, 0.2), [(0.8, 0.1), (0.8, 0.2)]),  # the best over the worst, no more than two
        ((0.7,), []),
    ],
)
def test_the_best_that_passes_is_chosen_over_what_falls_short(objectives, pairs):
    assert found(*objectives) == pairs


def test_what_breaks_a_rule_of_conduct_or_a_limit_is_never_chosen():
    rude = Turn(
        speaker=Speaker.CREDITOR, move=Move(kind=MoveKind.ACCEPT), dialogue="Pay now or we will have you arrested."
    )
    repaired = Turn(speaker=Speaker.CREDITOR, move=Move(kind=MoveKind.ACCEPT), proposed=Move(kind=MoveKind.REJECT))
    best = [candidate(0.9, "rude", turn=rude), candidate(0.9, "repaired", turn=repaired)]
    pairs = pairs_at(table(*best, candidate(0.6), candidate(0.1)), PairRules())
    assert [(pair.chosen, pair.rejected) for pair in pairs] == [("r0.6", "r0.1")]
    assert pairs_at(table(*best, candidate(0.1)), PairRules()) == []


def written(tmp_path, kind):
    pairs = pairs_at(table(candidate(0.8), candidate(0.2), candidate(0.1)), PairRules())
    files = write_pairs(tmp_path / "pairs.jsonl", pairs, kind)
    return pairs, files, [[json.loads(line) for line in file.read_text().splitlines()] for file in files]


def test_trls_format_holds_the_prompt_once_and_where_it_is_from(tmp_path):
    pairs, _, (rows,) = written(tmp_path, PairFormat.TRL)
    assert len(rows) == 2
    for pair, row in zip(pairs, rows, strict=True):
        assert {name: row[name] for name in ("prompt", "chosen", "rejected")} == trl_row(pair)
        assert row["prompt"] == list(PROMPT)
        assert (row["case_id"], row["seed"], row["round"]) == ("d-1", 3, 2)
        assert row["margin"] == pytest.approx(pair.margin)


def test_openais_format_holds_nothing_else_and_its_provenance_lies_beside_it(tmp_path):
    pairs, files, (rows, beside) = written(tmp_path, PairFormat.OPENAI)
    assert [file.name for file in files] == ["pairs.jsonl", "pairs.provenance.jsonl"]
    assert rows == [openai_row(pair) for pair in pairs]
    assert [one["margin"] for one in beside] == pytest.approx([pair.margin for pair in pairs])


def test_openais_own_types_take_it(tmp_path):
    """The line's keys as documented; its messages by the types of OpenAI's client, which LiteLLM brings."""
    from openai.types.chat import ChatCompletionAssistantMessageParam, ChatCompletionMessageParam

    for row in written(tmp_path, PairFormat.OPENAI)[2][0]:
        assert set(row) == {"input", "preferred_output", "non_preferred_output"}
        assert set(row["input"]) == {"messages", "tools", "parallel_tool_calls"}
        TypeAdapter(list[ChatCompletionMessageParam]).validate_python(row["input"]["messages"])
        for side in ("preferred_output", "non_preferred_output"):
            (message,) = TypeAdapter(list[ChatCompletionAssistantMessageParam]).validate_python(row[side])
            assert message["content"]


def test_trls_loader_takes_it(tmp_path):
    trl = pytest.importorskip("trl", reason="needs the extra dpo")
    from datasets import load_dataset

    _, (file,), _ = written(tmp_path, PairFormat.TRL)
    rows = load_dataset("json", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    assert trl.is_conversational(rows[0])
    assert trl.extract_prompt(rows[0])["prompt"] == list(PROMPT)
