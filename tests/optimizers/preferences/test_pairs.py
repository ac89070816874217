from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter

from data.domain import Ending, Move, MoveKind, Speaker, Turn
from data.terms import Terms
from optimizers.preferences.formats import PairFormat, openai_row, trl_row, write_examples, write_pairs
from optimizers.preferences.pairs import NEARLY, PairRules, balanced, examples_at, pairs_at
from optimizers.preferences.sampling import Candidate, TableCandidates
from tests.optimizers.preferences.students import written

PROMPT = ({"role": "system", "content": "You negotiate."}, {"role": "user", "content": "Your turn: 您好"})
TERMS = {"discount_pct": 0, "immediate_payment_pct": 50, "immediate_payment_days": 1, "installment_periods": 3}


def candidate(objective: float, choice: str = "ask", raw: bool = False, words: int = 0, **changed: object) -> Candidate:
    terms = {**TERMS, "installment_periods": 3 + round(objective * 20)}
    move = Move.ask(Terms.model_validate(terms)) if choice == "ask" else Move(kind=MoveKind(choice))
    values = {
        "source": "student" if raw else "lookahead",
        "words": words,
        "turn": Turn(speaker=Speaker.CREDITOR, move=move, dialogue="Thank you."),
        "choice": choice,
        "reply": written(choice, terms, f"Words {words}."),
        "ending": Ending.ROUND_LIMIT,
        "by_seed": (objective, objective),
        "clean": True,
    }
    return Candidate.model_validate({**values, **changed})


def table(*candidates: Candidate, round_: int = 2) -> TableCandidates:
    return TableCandidates(
        case_id="d-1", seed=3, round=round_, played_by="student", said=(), prompt=PROMPT, candidates=candidates
    )


def found(*candidates: Candidate, **rules: object) -> list[tuple[str, float, float]]:
    rules = {"threshold": 0.5, "margin": 0.1, **rules}
    pairs = pairs_at(table(*candidates), PairRules.model_validate(rules))
    return [(pair.kind, pair.chosen_objective, pair.rejected_objective) for pair in pairs]


@pytest.mark.parametrize(
    ("raw", "others", "pairs"),
    [
        (0.4, (0.6,), [("correction", 0.6, 0.4)]),
        (0.1, (0.4,), []),  # nothing passes
        (0.55, (0.6,), []),  # as good as each other
        (0.5, (0.6,), [("correction", 0.6, 0.5)]),  # the margin itself is enough
        (0.1, (0.5,), [("correction", 0.5, 0.1)]),  # the threshold itself passes
        (0.6, (0.1, 0.4), [("contrast", 0.6, 0.4)]),  # its own move was the best: held up over what is hardest to tell
        (0.598, (0.6, 0.1), [("contrast", 0.598, 0.1)]),  # as good as the best is the best
        (0.7, (), []),
    ],
)
def test_the_students_reply_is_corrected_or_held_up(raw, others, pairs):
    assert found(candidate(raw, raw=True), *map(candidate, others)) == pairs


def test_sides_have_the_same_words():
    both = (candidate(0.6, words=0), candidate(0.1, raw=True, words=1), candidate(0.2, raw=True, words=0))
    assert found(*sorted(both, key=lambda one: one.words)) == [("correction", 0.6, 0.2)]


def test_what_is_not_clean_is_never_chosen_but_may_be_rejected():
    assert found(candidate(0.9, clean=False), candidate(0.6), candidate(0.1, raw=True, clean=False)) == [
        ("correction", 0.6, 0.1)
    ]
    assert found(candidate(0.9, clean=False), candidate(0.1, raw=True)) == []


def test_a_label_that_half_of_the_debtors_speak_against_is_none():
    sure, unsure = (candidate(0.8, by_seed=seeds) for seeds in ((0.8, 0.8), (1.0, 0.2)))
    worse = candidate(0.4, raw=True, by_seed=(0.4, 0.4))
    assert found(sure, worse) == [("correction", pytest.approx(0.8), pytest.approx(0.4))]
    assert found(unsure, worse) == []


def test_an_acceptance_nearly_as_good_is_held_up_over_a_gift():
    best, taken, gift = candidate(0.7, raw=True), candidate(0.7 - NEARLY / 2, "accept"), candidate(0.3)
    assert [one[1:] for one in found(best, taken, gift)] == [(0.7, 0.3), (0.7 - NEARLY / 2, 0.3)]
    assert [one[1:] for one in found(best, candidate(0.6, "accept"), gift)] == [(0.7, 0.3), (0.7, 0.6)][::-1]


def test_of_two_kinds_of_moves_neither_is_chosen_much_more_often():
    accepting = [table(candidate(0.6 + n / 100), candidate(0.1, "accept", raw=True), round_=n) for n in range(9)]
    taking = [table(candidate(0.6, "accept", raw=True), candidate(0.1), round_=20 + n) for n in range(2)]
    pairs = [pair for one in (*accepting, *taking) for pair in pairs_at(one, PairRules())]
    kept = balanced(pairs, 2.0)
    ways = [(pair.chosen_choice, pair.rejected_choice) for pair in kept]
    assert (ways.count(("ask", "accept")), ways.count(("accept", "ask"))) == (4, 2)
    assert [pair.round for pair in kept] == [5, 6, 7, 8, 20, 21]  # those with the largest margins, in their order
    assert balanced(kept, 2.0) == kept
    assert len(balanced(pairs[:9], 3.0)) == 3  # one-sided data keeps a few


def test_the_best_in_each_of_the_students_words_is_worth_imitating():
    some = (candidate(0.6, words=0), candidate(0.1, raw=True, words=0), candidate(0.55, raw=True, words=1))
    examples = examples_at(table(*some), PairRules())
    assert [(one.objective, one.source) for one in examples] == [(0.6, "lookahead"), (0.55, "student")]
    assert examples_at(table(candidate(0.1, raw=True)), PairRules()) == []


def written_as(tmp_path, kind):
    some = table(candidate(0.8), candidate(0.2, raw=True), candidate(0.8, words=1), candidate(0.1, raw=True, words=1))
    pairs = pairs_at(some, PairRules())
    files = write_pairs(tmp_path / "pairs.jsonl", pairs, kind)
    return pairs, files, [[json.loads(line) for line in file.read_text().splitlines()] for file in files]


def test_trls_format_holds_the_prompt_once_and_where_it_is_from(tmp_path):
    pairs, _, (rows,) = written_as(tmp_path, PairFormat.TRL)
    assert len(rows) == 2
    for pair, row in zip(pairs, rows, strict=True):
        assert {name: row[name] for name in ("prompt", "chosen", "rejected")} == trl_row(pair)
        assert row["prompt"] == list(PROMPT)
        assert (row["case_id"], row["seed"], row["round"]) == ("d-1", 3, 2)
        assert row["margin"] == pytest.approx(pair.margin)


def test_openais_format_holds_nothing_else_and_its_provenance_lies_beside_it(tmp_path):
    pairs, files, (rows, beside) = written_as(tmp_path, PairFormat.OPENAI)
    assert [file.name for file in files] == ["pairs.jsonl", "pairs.provenance.jsonl"]
    assert rows == [openai_row(pair) for pair in pairs]
    assert [one["margin"] for one in beside] == pytest.approx([pair.margin for pair in pairs])


def test_togethers_format_has_the_same_keys_and_no_tools(tmp_path):
    _, _, (rows, _) = written_as(tmp_path, PairFormat.TOGETHER)
    for row in rows:
        assert set(row) == {"input", "preferred_output", "non_preferred_output"}
        assert row["input"] == {"messages": list(PROMPT)}
        assert [one["role"] for one in (*row["preferred_output"], *row["non_preferred_output"])] == ["assistant"] * 2


def test_openais_own_types_take_it(tmp_path):
    """The line's keys as documented; its messages by the types of OpenAI's client, which LiteLLM brings."""
    from openai.types.chat import ChatCompletionAssistantMessageParam, ChatCompletionMessageParam

    for row in written_as(tmp_path, PairFormat.OPENAI)[2][0]:
        assert set(row) == {"input", "preferred_output", "non_preferred_output"}
        assert set(row["input"]) == {"messages", "tools", "parallel_tool_calls"}
        TypeAdapter(list[ChatCompletionMessageParam]).validate_python(row["input"]["messages"])
        for side in ("preferred_output", "non_preferred_output"):
            (message,) = TypeAdapter(list[ChatCompletionAssistantMessageParam]).validate_python(row[side])
            assert message["content"]


@pytest.mark.parametrize("kind", list(PairFormat))
def test_examples_end_in_the_reply_to_imitate(tmp_path, kind):
    examples = examples_at(table(candidate(0.8, raw=True)), PairRules())
    files = write_examples(tmp_path / "examples.jsonl", examples, kind)
    row = json.loads(files[0].read_text())
    if kind is PairFormat.TRL:
        assert row["prompt"] == list(PROMPT)
        assert row["completion"][0]["content"] == examples[0].reply
    else:
        assert row == {"messages": [*PROMPT, {"role": "assistant", "content": examples[0].reply}]}
        assert json.loads(files[1].read_text())["case_id"] == "d-1"


def test_trls_loader_takes_it(tmp_path):
    trl = pytest.importorskip("trl", reason="needs the extra dpo")
    from datasets import load_dataset

    _, (file,), _ = written_as(tmp_path, PairFormat.TRL)
    rows = load_dataset("json", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    assert trl.is_conversational(rows[0])
    assert trl.extract_prompt(rows[0])["prompt"] == list(PROMPT)
