from __future__ import annotations

import json

import dspy
import pytest

from optimizers.compiling import session
from plumbing import files
from programs import load_program
from programs.artifacts.__main__ import read_artifact
from programs.compile import compile_
from tests.programs.command_line import CommandLine, small_book
from tests.programs.players import playing, situation, turn

PROG = "python -m programs.compile"


@pytest.fixture
def cli(monkeypatch, capsys):
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def book(tmp_path):
    return small_book(tmp_path, 80)


def uneven(prompt):
    """Plays worse with some debtors than with others, so that some negotiations pass the threshold."""
    if "Round 1 " in situation(prompt):
        return turn("hold")
    return turn("step_down" if sum(map(ord, prompt)) % 3 else "hold")


def compiled(cli, tmp_path, book, *more, lm=None):
    cli.use_model(lm or playing(uneven, cache=True))
    folders = ("--artifacts", tmp_path / "a", "--runs", tmp_path / "r")
    return cli(compile_, PROG, "--book", book, "--train", 5, "--val", 3, *folders, *more)


def test_a_compile_leaves_an_artifact_that_plays_as_it_did_and_a_second_run_leaves_the_next(cli, tmp_path, book):
    result = compiled(cli, tmp_path, book, "--set", "accept=any")
    assert result.code == 0, result.err
    assert "v0001.json" in result.out
    for name in ("objective", "CCI", "L4D", "ATV", "DR"):
        assert name in result.out
    assert "model calls and" in result.out
    assert f"next: python -m programs.compare maden maden@1 --split heldout --book {book}" in result.out
    artifact = read_artifact("maden@1", root=tmp_path / "a")
    assert artifact.provenance["optimizer"]["name"] == "bootstrap"
    assert set(artifact.scores) == {"uncompiled", "compiled"}
    assert artifact.scores["compiled"].estimates["objective"].n == 3
    assert artifact.cost["roles"]["negotiator"]["calls"] > 0
    assert compiled(cli, tmp_path, book, "--set", "accept=any").code == 0
    assert sorted(p.name for p in (tmp_path / "a" / "maden").glob("v*.json")) == ["v0001.json", "v0002.json"]
    second = read_artifact("maden@2", root=tmp_path / "a")
    assert second.program_sha256 == artifact.program_sha256
    program = load_program("maden@1", root=tmp_path / "a")
    loaded = {name: len(predictor.demos) for name, predictor in program.named_predictors()}
    assert loaded == {name: len(state["demos"]) for name, state in artifact.state.items()}
    assert loaded["negotiator.predict"] > 0


def test_what_is_not_better_on_its_own_validation_is_not_saved_and_everybody_is_told(cli, tmp_path, book):
    """The model answers the same whatever it is shown, so that demonstrations cannot help."""
    result = compiled(cli, tmp_path, book, "--run", "it", lm=playing(cache=True))
    sentence = (
        "the uncompiled program was kept: what bootstrap made is not better on the 3 debtors of validation (objec"
    )
    assert sentence in " ".join(result.out.split())
    artifact = read_artifact("maden@1", root=tmp_path / "a")
    assert artifact.notes.startswith(sentence)
    kept = artifact.provenance["kept"]
    assert kept["debtors"] == 3
    assert kept["made"] <= kept["uncompiled"]
    assert kept["made_sha256"] != artifact.program_sha256
    assert not any(state["demos"] for state in artifact.state.values())
    told = json.loads((tmp_path / "r" / "it" / "summary.json").read_text())
    assert told["kept"] == kept
    assert told["programs"]["uncompiled"] == told["programs"]["compiled"] == artifact.program_sha256
    again = compiled_again(cli, tmp_path)
    assert sentence in " ".join(again.out.split())


def compiled_again(cli, tmp_path):
    return cli(compile_, PROG, "--resume", "it", "--artifacts", tmp_path / "a", "--runs", tmp_path / "r")


def test_no_heldout_debtor_is_played(cli, tmp_path, book):
    from data.book import read_book

    lm = playing(cache=True)
    compiled(cli, tmp_path, book, lm=lm)
    artifact = read_artifact("maden@1", root=tmp_path / "a")
    used = {*artifact.provenance["split"]["train"]["ids"], *artifact.provenance["split"]["val"]["ids"]}
    heldout = {case.case_id for case in read_book(book).split("heldout")}
    assert used
    assert not used & heldout


def test_a_dry_run_shows_the_estimate_and_calls_nothing(cli, tmp_path, book):
    lm = playing(cache=True)
    result = compiled(cli, tmp_path, book, "--dry-run", lm=lm)
    assert result.code == 0
    assert "5 training and 3 validation debtors" in result.err
    assert "at most 11 negotiations" in result.err
    assert lm.engine.prompts == []
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--optimizer", "miprov2"], "there is no optimiser called 'miprov2'; did you mean mipro?"),
        (["--train", "500"], "debtors, 500 were asked for; lower --train"),
        (["--debtor", "human"], "no debtor is called 'human'"),
        (["--policy", "nowhere.toml"], "there is no policy file nowhere.toml"),
        (["--name", "a/b"], "'a/b' cannot be the name of an artifact"),
    ],
)
def test_a_users_mistake_gets_one_sentence_and_status_2(cli, tmp_path, book, argv, sentence):
    lm = playing(cache=True)
    result = compiled(cli, tmp_path, book, *argv, lm=lm)
    assert result.code == 2
    assert sentence in result.err
    assert lm.engine.prompts == [], "a mistake is found before any work"
    assert "Traceback" not in result.err
    assert not list((tmp_path / "a").glob("**/*.json"))


def test_the_policy_of_the_file_rules_the_program(cli, tmp_path, book):
    policy = tmp_path / "p.toml"
    policy.write_text("max_discount_pct = 5\nmax_installment_periods = 12\n")
    result = compiled(cli, tmp_path, book, "--policy", policy)
    assert result.out.rstrip().endswith("--policy FILE"), "a comparison inside other limits would be none"
    program = load_program("maden@1", root=tmp_path / "a")
    assert program.settings.policy.max_discount_pct == 5
    assert program.settings.policy.max_installment_periods == 12


def test_a_model_that_does_not_answer_is_found_before_any_work(cli, tmp_path, book):
    lm = playing(failures=[dspy.lm15.AuthError("bad key")] * 3, cache=True)
    result = compiled(cli, tmp_path, book, lm=lm)
    assert result.code == 2
    assert "error:" in result.err
    assert "uncompiled on validation" not in result.err
    assert len(lm.engine.prompts) <= 3


def test_too_many_infrastructure_failures_stop_the_compile_and_save_nothing(cli, tmp_path, book):
    failures = [None] + [dspy.lm15.RateLimitError("slow down")] * 400
    result = compiled(cli, tmp_path, book, lm=playing(failures=failures, cache=True))
    assert result.code == 2
    assert "could score only 0 of 3 negotiations" in result.err
    assert "nothing was saved" in result.err
    assert not list((tmp_path / "a").glob("**/*.json"))


def test_a_full_disk_while_saving_loses_nothing_that_was_there(cli, tmp_path, book, monkeypatch):
    assert compiled(cli, tmp_path, book).code == 0
    before = (tmp_path / "a" / "maden" / "v0001.json").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "create_file", full)
    result = compiled(cli, tmp_path, book)
    assert result.code == 2
    assert "No space left" in result.err
    assert "Traceback" not in result.err
    assert [p.name for p in (tmp_path / "a" / "maden").iterdir() if p.suffix == ".json"] == ["v0001.json"]
    assert (tmp_path / "a" / "maden" / "v0001.json").read_bytes() == before


def test_debtors_are_drawn_by_the_seed_and_not_by_the_order_of_the_book():
    from data.book import read_book

    book = read_book()
    drawn = [[c.case_id for c in session.chosen(book, "train", 4, seed)] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_artifact_holds_no_private_figure_of_a_debtor_who_did_not_tell(cli, tmp_path, book):
    from data.book import read_book

    compiled(cli, tmp_path, book)
    text = json.dumps(read_artifact("maden@1", root=tmp_path / "a").state)
    for case in read_book(book).cases:
        assert case.finances.story not in text or not case.finances.story


def test_a_stratified_compile_never_reads_the_book_whole_and_refuses_no_flag_of_its_kind(
    cli, tmp_path, book, monkeypatch
):
    def whole(path):
        raise AssertionError(f"{path} was read whole")

    monkeypatch.setattr("programs.kinds.negotiation_kind.read_book", whole)
    result = compiled(cli, tmp_path, book, "--set", "accept=any", "--stratify")
    assert result.code == 0, result.err
    artifact = read_artifact("maden@1", root=tmp_path / "a")
    assert artifact.provenance["config"]["stratify"] is True
    assert artifact.scores["compiled"].estimates["objective"].n == 3


def test_messages_are_not_drawn_in_strata(cli, tmp_path):
    cli.use_model(playing())
    result = cli(compile_, PROG, "--program", "reader", "--stratify")
    assert result.code == 2
    assert "reader has no stratify" in " ".join(result.err.split())
