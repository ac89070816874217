"""A provider that fails: what it breaks is played again, left out, or stops the compile, and is never a score."""

from __future__ import annotations

import json
from statistics import fmean

import pytest

from tests.optimizers.served import Compiler, served, small_compile

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def flags(tmp_path_factory):
    return small_compile(tmp_path_factory.mktemp("book"), debtors=3)


def means(ledger):
    """Every candidate's mean objective, best first."""
    scores: dict[str, list[float]] = {}
    for (candidate, _), score in ledger.items():
        scores.setdefault(candidate, []).append(score)
    return sorted(((fmean(s), candidate) for candidate, s in scores.items()), reverse=True)


@pytest.mark.parametrize(
    "strategy", ["bootstrap", *(pytest.param(name, marks=pytest.mark.thorough) for name in ("random-search", "gepa"))]
)
def test_a_fifth_of_all_calls_refused_changes_no_score_no_ranking_and_no_byte(forker, tmp_path, flags, strategy):
    with served() as model:
        calm = Compiler(forker, tmp_path / "calm", model, *flags, "--optimizer", strategy)
        artifact, requests = calm.whole(), len(model.asked)
    with served(failing=0.2) as model:
        rough = Compiler(forker, tmp_path / "rough", model, *flags, "--optimizer", strategy, threads=3)
        assert rough.whole() == artifact
        assert model.failed > 0.1 * requests
        assert len(model.asked) == requests
    assert rough.ledger() == calm.ledger()
    assert means(rough.ledger()) == means(calm.ledger())
    lines = (rough.runs / "it" / "negotiations.jsonl").read_text().splitlines()
    assert {json.loads(line)["ending"] for line in lines} <= {"agreement", "walked_away", "round_limit"}
    summary = json.loads((rough.runs / "it" / "summary.json").read_text())
    assert summary["coverage"] == {"scored": len(lines), "unscored": 0}


def test_a_provider_that_is_gone_ends_the_compile_with_one_sentence_and_resuming_pays_nothing_twice(
    forker, tmp_path, flags
):
    with served() as model:
        compiler = Compiler(forker, tmp_path, model, *flags)
        model.refuse_after(20)
        assert compiler.begin().ended() == 2
        said = compiler.said()
        assert "could score only" in said
        assert "nothing was saved" in said
        assert "Traceback" not in said
        assert not compiler.artifacts.exists()
        kept = compiler.stored()
        model.refuse_after(None)
        assert compiler.resume().ended() == 0, compiler.said()
        assert len(model.asked) == compiler.stored() > kept
