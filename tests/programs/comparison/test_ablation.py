from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pytest

from data.domain import CreditorPolicy
from plumbing.errors import UserError
from programs.ablate import ablate
from programs.artifacts.store import save_program
from programs.comparison.ablation import Ablation, ablated, combinations_to_play, label_of
from programs.comparison.looks import FILE
from programs.comparison.program_changes import AtomicChange, atomic_changes, with_changes
from programs.creditor.settings import ProgramSettings
from programs.maden import Maden
from tests.programs.command_line import CommandLine, small_book
from tests.programs.players import playing, turn
from tests.programs.saved import plan_demo

PROG = "python -m programs.ablate"
MARK = "Give way each round."


def version(instruction: str = "", demos: int = 0, **settings: object) -> Maden:
    made = Maden(ProgramSettings(**{"variant": "planned", "policy": CreditorPolicy(round_limit=3), **settings}))
    if instruction:
        predictor = made.negotiator.predict
        predictor.signature = predictor.signature.with_instructions(instruction)
    made.planner.predict.demos = [plan_demo(f"A loan, number {number}.") for number in range(demos)]
    return made


def sha256(made: Maden) -> str:
    return made.sha256


@dataclass
class Scored:
    """An evaluation as far as the shares need one: a score for each debtor."""

    scores: list[float]
    unscored: int = 0

    @property
    def scored(self) -> int:
        return len(self.scores)

    def values(self, _: str) -> dict[str, list[float]]:
        return {f"d-{number}": [value] for number, value in enumerate(self.scores)}


def changes_named(*names: str) -> list[AtomicChange]:
    return [AtomicChange(kind="setting", key=name, a="1", b="2") for name in names]


def game(number: int, worth, *, exact: bool, debtors: int = 12) -> dict:
    """Evaluations where a program with the changes `taken` scores `worth(taken)` and the debtor's own luck."""
    luck = np.random.default_rng(0).normal(0.4, 0.1, debtors)
    return {taken: Scored(list(luck + worth(taken))) for taken in combinations_to_play(number, exact=exact)}


class TestChanges:
    def test_each_setting_instruction_and_demo_set_is_one(self):
        a, b = version(), version(MARK, demos=2, rungs=5, policy=CreditorPolicy(max_discount_pct=12.5, round_limit=4))
        found = atomic_changes(a, b)
        assert [one.name for one in found] == ["policy", "rungs", "negotiator instruction", "planner demos"]
        assert [(one.a, one.b) for one in found[:2]] == [
            ("max_discount_pct 30.0, round_limit 3", "max_discount_pct 12.5, round_limit 4"),
            ("8", "5"),
        ]
        assert (found[2].b, found[3].a, found[3].b) == ("4 words", "0", "2")

    def test_none_of_them_is_a_and_all_of_them_is_b(self):
        a, b = version("Be firm.", demos=1), version(MARK, demos=2, rungs=5, final_offer="matched")
        found = atomic_changes(a, b)
        before = sha256(a), sha256(b)
        assert (sha256(with_changes(a, b, ())), sha256(with_changes(a, b, found))) == before
        one = with_changes(a, b, [change for change in found if change.kind == "demos"])
        assert [change.name for change in atomic_changes(a, one)] == ["planner demos"]
        assert (sha256(a), sha256(b)) == before

    def test_other_variants_have_other_parts(self):
        with pytest.raises(UserError, match=r"x is a planned program and y a maden one.*one variant"):
            atomic_changes(version(), version(variant="maden"), "x", "y")

    def test_the_same_program_has_no_change(self):
        with pytest.raises(UserError, match="the same program; there is no change"):
            atomic_changes(version(MARK), version(MARK))


class TestCombinations:
    @pytest.mark.parametrize(
        ("number", "exact", "programs"),
        [(1, False, 2), (2, False, 4), (3, False, 8), (4, False, 10), (4, True, 16), (9, False, 20)],
    )
    def test_how_many_programs_it_takes(self, number, exact, programs):
        found = combinations_to_play(number, exact=exact)
        assert len(found) == len(set(found)) == programs
        assert found[:2] == (frozenset(), frozenset(range(number)))

    def test_up_to_three_changes_exact_costs_nothing(self):
        for number in (1, 2, 3):
            assert combinations_to_play(number, exact=True) == combinations_to_play(number, exact=False)

    def test_labels_name_the_shorter_way(self):
        found = changes_named("p", "q", "r")
        labels = [label_of(frozenset(some), found, ("old", "new")) for some in ((), (1,), (0, 2), (0, 1, 2))]
        assert labels == ["old", "old + q", "new - q", "new"]


class TestShares:
    def test_changes_that_do_not_touch_each_other_get_what_they_bring(self):
        worth = [0.2, 0.0, -0.05, 0.1, 0.0]
        for exact in (True, False):
            played = game(5, lambda taken: sum(worth[i] for i in taken), exact=exact)
            found = ablated(changes_named(*"pqrst"), played)
            assert found.method == ("shapley" if exact else "first and last")
            for one, brought in zip(found.contributions, worth, strict=True):
                assert [one.added.mean, one.removed.mean, one.share.mean] == pytest.approx([brought] * 3)
                assert one.share_of_gain == pytest.approx(brought / 0.25)
            assert (found.gain.mean, found.interplay.mean) == pytest.approx((0.25, 0))

    def test_a_gain_that_takes_two_is_shared_by_the_two(self):
        played = game(3, lambda taken: 0.3 * ({0, 1} <= taken), exact=False)
        found = ablated(changes_named("p", "q", "r"), played)
        assert [one.added.mean for one in found.contributions] == pytest.approx([0, 0, 0])
        assert [one.removed.mean for one in found.contributions] == pytest.approx([0.3, 0.3, 0])
        assert [one.share.mean for one in found.contributions] == pytest.approx([0.15, 0.15, 0])

    @pytest.mark.parametrize("number", [2, 3, 4])
    def test_with_all_combinations_it_is_the_mean_over_all_orders_and_adds_up(self, number):
        rng = np.random.default_rng(number)
        worths = {taken: rng.normal() for taken in combinations_to_play(number, exact=True)}
        found = ablated(changes_named(*"pqrs"[:number]), game(number, worths.__getitem__, exact=True))
        for place, one in enumerate(found.contributions):
            steps = []
            for order in permutations(range(number)):
                before = frozenset(order[: order.index(place)])
                steps.append(worths[before | {place}] - worths[before])
            assert one.share.mean == pytest.approx(np.mean(steps))
        assert sum(one.share.mean for one in found.contributions) == pytest.approx(found.gain.mean)
        assert found.interplay.mean == pytest.approx(0)

    def test_what_first_and_last_leave_of_the_gain_is_said(self):
        played = game(4, lambda taken: 0.3 * ({0, 1, 2, 3} <= taken), exact=False)
        found = ablated(changes_named(*"pqrs"), played)
        assert [one.share.mean for one in found.contributions] == pytest.approx([0.15] * 4)
        assert found.interplay.mean == pytest.approx(-0.3)

    def test_only_debtors_that_every_program_scored_count(self):
        played = game(2, lambda taken: 0.1 * len(taken), exact=True)
        played[frozenset({0})] = Scored(played[frozenset({0})].scores[:7], unscored=5)
        found = ablated(changes_named("p", "q"), played)
        assert found.debtors == found.gain.n == 7
        assert [one.unscored for one in found.programs] == [0, 0, 5, 0]

    def test_no_debtor_in_common_is_a_sentence(self):
        with pytest.raises(UserError, match="no debtor has a score with every program"):
            ablated(changes_named("p"), {frozenset(): Scored([]), frozenset({0}): Scored([0.1])})

    def test_a_gain_that_may_be_none_is_not_shared_out(self):
        luck = np.random.default_rng(1).normal(0, 0.2, (2, 10))
        found = ablated(changes_named("p"), {frozenset(): Scored([*luck[0]]), frozenset({0}): Scored([*luck[1]])})
        assert found.contributions[0].share_of_gain is None


@pytest.fixture
def cli(monkeypatch, capsys) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def run(cli, tmp_path):
    book = small_book(tmp_path)

    def call(*argv: object):
        folders = ("--runs", tmp_path / "runs", "--artifacts", tmp_path / "artifacts", "--book", book)
        return cli(ablate, PROG, *argv, *folders)

    return call


def save(tmp_path, *programs: Maden) -> None:
    for one in programs:
        save_program(one, "mine", root=tmp_path / "artifacts")


def giving_way(prompt: str) -> dict:
    return turn("step_down" if MARK in prompt else "hold")


class TestCommand:
    def test_the_setting_that_makes_the_gain_gets_it_and_the_idle_instruction_nothing(self, run, cli, tmp_path):
        save(tmp_path, version(), version("Be kind.", final_offer="matched"))
        cli.use_model(playing(giving_way))
        result = run("mine@1", "mine@2", "--split", "heldout", "--debtors", 7, "--json", tmp_path / "out.json")
        assert result.code == 0, result.err
        found = Ablation.model_validate_json((tmp_path / "out.json").read_text())
        by_name = {one.change.name: one for one in found.contributions}
        assert set(by_name) == {"final_offer", "negotiator instruction"}
        assert found.gain.mean > 0.1
        assert by_name["final_offer"].share == found.gain
        assert by_name["final_offer"].share_of_gain == pytest.approx(1)
        assert by_name["negotiator instruction"].share.mean == 0
        assert "Shown to matter: final_offer (+0." in " ".join(result.out.split())
        assert "share: the Shapley value" in result.out
        assert "4 programs x 7 debtors x 1 trial: 28 negotiations, 0 of them already played" in result.err

    def test_the_instruction_that_makes_the_gain_gets_it_and_idle_demos_nothing(self, run, cli, tmp_path):
        save(tmp_path, version(rungs=3), version(MARK, demos=1, rungs=3))
        cli.use_model(playing(giving_way))
        assert run("mine@1", "mine@2", "--split", "heldout", "--json", tmp_path / "out.json").code == 0
        found = json.loads((tmp_path / "out.json").read_text())
        shares = {one["change"]["kind"]: one["share"]["mean"] for one in found["contributions"]}
        assert shares["instruction"] == pytest.approx(found["gain"]["mean"])
        assert shares["instruction"] > 0.02
        assert shares["demos"] == 0

    def test_what_was_played_is_not_played_again(self, run, cli, tmp_path):
        save(tmp_path, version(), version("Be kind.", final_offer="matched"))
        cli.use_model(lm := playing(giving_way))
        first = run("mine@1", "mine@2", "--split", "heldout", "--debtors", 2)
        asked = len(lm.engine.prompts)
        again = run("mine@1", "mine@2", "--split", "heldout", "--debtors", 2)
        assert len(lm.engine.prompts) == asked
        assert "8 negotiations, 8 of them already played, 0 to play" in again.err
        assert again.out == first.out

    def test_a_dry_run_says_what_would_be_played_and_plays_nothing(self, run, cli, tmp_path):
        save(tmp_path, version(), version("Be kind.", final_offer="matched", rungs=5, demos=1))
        cli.use_model(lm := playing(giving_way))
        result = run("mine@1", "mine@2", "--split", "heldout", "--debtors", 2, "--trials", 3, "--dry-run")
        rows = [line.split() for line in result.out.replace("│", " ").splitlines()]
        assert ["mine@1", "+", "planner", "demos", "6", "0", "6"] in rows
        assert ["all", "60", "0", "60"] in rows
        assert lm.engine.prompts == []
        exact = run("mine@1", "mine@2", "--split", "heldout", "--debtors", 2, "--dry-run", "--exact")
        assert ["all", "32", "0", "32"] in [line.split() for line in exact.out.replace("│", " ").splitlines()]

    def test_it_leaves_a_line_where_held_out_debtors_were_looked_at(self, run, cli, tmp_path):
        save(tmp_path, version(), version(final_offer="matched"))
        cli.use_model(playing(giving_way))
        out = run("mine@1", "mine@2", "--split", "heldout", "--debtors", 2, "--metric", "SR").out
        (line,) = (tmp_path / "artifacts" / FILE).read_text().splitlines()
        assert set(json.loads(line)["programs"]) == {"mine@1", "mine@2"}
        assert 0 < json.loads(line)["objective"]["mine@2"] < 0.9  # whatever metric was shared out
        assert "SR, mine@1 to mine@2" in out
        assert "this is the first comparison on these held-out debtors" in " ".join(out.split())

    @pytest.mark.parametrize(
        ("argv", "sentence"),
        [
            (("mine@1", "mine@1"), "mine@1 and mine@1 (2) are the same program; there is no change to ablate"),
            (("maden", "mine@1"), "maden is a maden program and mine@1 a planned one"),
            (("boulware", "mine@1"), "boulware is no variant or artifact"),
            (("mine@1", "mine@2", "--split", "train"), "no split to play on is called 'train'"),
            (("mine@1", "mine@2", "--metric", "XX"), "no metric is called 'XX'"),
            (("mine@1", "mine@2", "--json", "no/such/out.json"), "no folder no/such"),
            (("mine@1", "mine@9"), "mine has no version 9"),
            (("mine@1", "mine@2", "--split", "heldout", "--debtors", "5000"), "ask for at most so many"),
            (("mine@1", "mine@3", "--exact"), "--exact would play all 128 combinations of 7 changes"),
        ],
    )
    def test_a_mistake_is_one_sentence_and_status_2(self, run, cli, tmp_path, argv, sentence):
        many = {"final_offer": "matched", "rungs": 5, "floor": "computed", "acceptance_reach": 1}
        save(tmp_path, version(), version(MARK), version(MARK, 1, **many, steps_down="earned"))
        cli.use_model(playing(giving_way))
        result = run(*argv)
        assert result.code == 2
        assert sentence in result.err
        assert "Traceback" not in result.err
        assert result.out == ""

    def test_help_teaches_with_an_example(self, run):
        out = " ".join(run("--help").out.replace("│", " ").split())
        assert "python -m programs.ablate maden maden@champion" in out
        assert "--dry-run" in out
