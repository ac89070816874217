from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest

from data.domain import CreditorPolicy
from plumbing import cli
from programs.artifacts.__main__ import app
from programs.artifacts.provenance import Provenance
from programs.artifacts.store import load_program, read_artifact, save_program
from programs.creditor.settings import ProgramSettings
from tests.programs.saved import compiled, plan_demo, scores

PROG = "python -m programs.artifacts"


@pytest.fixture
def root(tmp_path):
    return tmp_path / "artifacts"


@pytest.fixture
def command(root, monkeypatch, capsys):
    """Runs `python -m programs.artifacts argv...` in this process; code, stdout and stderr on one line each way."""

    def run(*argv: str):
        monkeypatch.setattr(sys, "argv", [PROG, *argv, *(() if "--help" in argv else ("--artifacts", str(root)))])
        monkeypatch.setattr(cli.stdout, "_width", 200)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.run_app(app, PROG)
        streams = capsys.readouterr()
        return SimpleNamespace(code=ended.value.code or 0, out=streams.out, err=" ".join(streams.err.split()))

    return run


PROVENANCE = {"optimizer": {"name": "bootstrap", "settings": {}}, "lm": {"model": "scripted/test"}, "seed": 0}


@pytest.fixture
def two(root):
    """maden@1 and maden@2: other settings, instructions, one demo less and one more, other scores and seed."""
    save_program(compiled(), "maden", Provenance(section=PROVENANCE, scores=scores()), root=root)
    other = compiled()
    other.settings = ProgramSettings(policy=CreditorPolicy(max_discount_pct=12.5))
    judge, planner = other.judge.predict, other.planner.predict
    judge.signature = judge.signature.with_instructions(
        judge.signature.instructions.replace("Answer only", "Answer [bold]kindly[/] and only")
    )
    planner.demos = [planner.demos[0], plan_demo("A \x1b[31mnew\x1b[0m account.")]
    again = Provenance(section={**PROVENANCE, "seed": 1}, scores=scores(0.5, 0.75))
    save_program(other, "maden", again, root=root)


def test_list_shows_versions_aliases_objective_and_equal_programs(two, root, command):
    save_program(load_program("maden@1", root=root), "maden", root=root)
    command("promote", "maden@2")
    lines = command("list").out.splitlines()
    assert "maden@1" in lines[1]
    assert "maden-ladder, bootstrap" in lines[1]
    assert "scripted/test" in lines[1]
    assert "0.500 -> 0.625" in lines[1]
    assert "champion" in lines[2]
    assert "same program as maden@1" in lines[3]
    assert "by hand" in lines[3]


def test_list_as_json(two, command):
    rows = json.loads(command("list", "maden", "--json").out)
    assert [row["artifact"] for row in rows] == ["maden@1", "maden@2"]
    assert rows[1]["objective"] == {"uncompiled": 0.5, "compiled": 0.75}
    assert rows[0]["same_program_as"] is None


def test_list_goes_on_past_a_damaged_file(two, root, command):
    (root / "maden" / "v0001.json").write_text("{")
    result = command("list")
    assert result.code == 0
    assert "damaged" in result.out.splitlines()[1]
    assert "maden@2" in result.out.splitlines()[2]


def test_list_without_artifacts_says_how_to_make_one(command):
    result = command("list")
    assert (result.code, result.out) == (0, "")
    assert "python -m programs.compile makes one" in result.err


def test_list_of_an_unknown_name_names_the_near_one(two, command):
    result = command("list", "madne")
    assert result.code == 2
    assert result.err.endswith("did you mean maden?")


def test_show_tells_everything_readably(two, command):
    out = command("show", "maden@1").out
    for part in ("maden@1", "policy.max_discount_pct", "optimizer.name", "bootstrap", "Time before discount."):
        assert part in out
    assert "objective  up      0.500 [0.375, 0.625] n=4  0.625 [0.500, 0.750] n=4" in out
    assert "planner.predict: 2 demos" in out
    assert "account: Une dette de 5 000 €." in out
    assert "augmented" not in out


def test_show_without_prompts_keeps_the_counts(two, command):
    out = command("show", "maden@1", "--no-prompts").out
    assert "planner.predict: 2 demos" in out
    assert "Une dette" not in out


def test_show_as_json_is_the_file(two, root, command):
    shown = json.loads(command("show", "maden@2", "--json").out)
    assert shown == json.loads((root / "maden" / "v0002.json").read_text())


def test_diff_shows_settings_instructions_demos_scores_and_provenance(two, command):
    out = command("diff", "maden@1", "maden@2").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "policy.max_discount_pct 30.0 12.5" in lines
    assert "-You review a creditor's draft before it is sent. Answer only from the facts." in lines
    assert "+You review a creditor's draft before it is sent. Answer [bold]kindly[/] and only from the facts." in lines
    assert lines[lines.index("- demo removed") + 1] == "account: Une dette de 5 000 €."
    assert lines[lines.index("+ demo added") + 1] == "account: A [31mnew[0m account."
    assert "\x1b" not in out
    assert "objective up compiled 0.625 [0.500, 0.750] n=4 0.750 [0.625, 0.875] n=4 +0.125" in lines
    assert "seed 0 1" in lines
    assert "These scores cannot be compared, since these differ: the seed. " in out
    assert "negotiator.predict" not in out


def test_diff_of_equal_programs_says_so(two, root, command):
    save_program(load_program("maden@1", root=root), "maden", Provenance(section=PROVENANCE), root=root)
    out = command("diff", "maden@1", "maden@3").out
    assert "same program: settings, instructions and demos are equal" in out
    assert "demo" not in out.replace("instructions and demos", "")


def test_diff_side_by_side_has_both_versions_in_a_line(two, command):
    lines = [
        " ".join(line.split()) for line in command("diff", "maden@1", "maden@2", "--side-by-side").out.splitlines()
    ]
    old = "You review a creditor's draft before it is sent. Answer only from the facts."
    assert f"{old} {old.replace('Answer only', 'Answer [bold]kindly[/] and only')}" in lines
    assert "maden@1, demo 2 maden@2, demo 2" in lines
    assert "account: Une dette de 5 000 €. account: A [31mnew[0m account." in lines
    assert not any("\x1b" in line for line in lines)


def test_diff_as_json(two, command):
    found = json.loads(command("diff", "maden@1", "maden@2", "--json").out)
    assert found["same_program"] is False
    assert found["settings"] == [{"key": "policy.max_discount_pct", "a": 30.0, "b": 12.5}]
    assert len(found["predictors"]["planner.predict"]["demos_added"]) == 1
    assert found["incomparable"] == ["the seed"]


def test_demos_in_another_order_are_a_difference(two, root, command):
    other = load_program("maden@1", root=root)
    other.planner.predict.demos.reverse()
    save_program(other, "maden", root=root)
    assert "demos: the same -> in another order" in command("diff", "maden@1", "maden@3").out


def test_verify_checks_everything_and_names_what_fails(two, root, command):
    good = command("verify")
    assert good.code == 0
    assert [line.split()[:2] for line in good.out.splitlines()] == [["ok", "maden@1"], ["ok", "maden@2"]]
    file = root / "maden" / "v0002.json"
    file.write_text(file.read_text().replace("12.5", "92.5"))
    bad = command("verify")
    assert bad.code == 2
    assert bad.out.splitlines()[0].startswith("ok  maden@1")
    assert "v0002.json was changed or damaged after it was saved" in bad.err
    assert "Traceback" not in bad.err


def test_verify_counts_several_faults(two, root, command):
    for file in (root / "maden").glob("v*.json"):
        file.write_text("{")
    result = command("verify")
    assert result.code == 2
    assert result.err.count("bad ") == 2
    assert result.err.endswith("2 of 2 artifacts do not verify")


def test_promote_says_what_moved_and_apps_follow(two, root, command):
    assert command("promote", "maden@2").out == "maden@champion is now version 2\n"
    back = command("promote", "maden@1")
    assert back.out == "maden@champion is now version 1, it stood on version 2\n"
    assert read_artifact("maden@champion", root=root).version == 1
    assert command("promote", "maden", "--alias", "challenger").out == "maden@challenger is now version 2\n"


def test_only_an_artifact_of_the_folder_can_be_promoted(two, root, tmp_path, command):
    copy = tmp_path / "copy.json"
    copy.write_bytes((root / "maden" / "v0001.json").read_bytes())
    result = command("promote", str(copy))
    assert result.code == 2
    assert "promote an artifact of" in result.err


@pytest.mark.parametrize("argv", [("show", "maden@9"), ("diff", "maden", "maden@9"), ("verify", "maden@9")])
def test_an_unknown_version_is_one_sentence_and_status_2(two, command, argv):
    result = command(*argv)
    assert result.code == 2
    assert result.err == "error: maden has no version 9; it has 1-2, the latest is 2"


@pytest.mark.parametrize("name", ["list", "show", "diff", "verify", "promote"])
def test_help_teaches_with_an_example(command, name):
    result = command(name, "--help")
    assert result.code == 0
    assert f"python -m programs.artifacts {name}" in " ".join(result.out.split())
