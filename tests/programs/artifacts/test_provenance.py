"""An artifact says where it came from and keeps no secret."""

from __future__ import annotations

import subprocess

import dspy
import pytest

from data.book import read_book
from plumbing.errors import UserError
from programs.artifacts.provenance import Compilation, Provenance, git_revision, without_secrets
from programs.artifacts.store import read_artifact, save_program
from programs.maden import Maden
from tests.programs.saved import compiled

SECRET = "sk-test-0123456789abcdef"
ADDRESS = "http://user:word@internal.example:8443/v1"


def secretive_lm() -> dspy.LM:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return dspy.LM(
        "openai/some-model", engine="litellm", api_key=SECRET, api_base=ADDRESS, headers=headers, temperature=0.3
    )


def provenance(**more) -> dict:
    facts = {
        "lm": secretive_lm(),
        "optimizer": "bootstrap",
        "optimizer_settings": {"demos": 2},
        "seed": 3,
        "book": read_book(),
        "train_ids": {"ids": ["a"], "sha256": "1"},
        "val_ids": {"ids": ["b"], "sha256": "2"},
        "debtor": "simulated",
        "config": {"lm": "openai/some-model", "api_key": SECRET, "url": ADDRESS},
    }
    return Compilation(**{**facts, **more}).section()


def test_no_key_address_or_header_is_in_the_file(root):
    with dspy.context(lm=secretive_lm()):
        told = Provenance(section=provenance(), cost={"headers": SECRET})
        text = save_program(compiled(), "maden", told, root=root).path.read_text()
    for secret in (SECRET, "user:word", "Authorization", "api_base"):
        assert secret not in text
    assert '"model": "openai/some-model"' in text


def test_a_predictor_with_its_own_model_is_not_saved(root):
    program = compiled()
    program.judge.predict.lm = secretive_lm()
    with pytest.raises(UserError, match=r"judge\.predict has the model openai/some-model of its own") as caught:
        save_program(program, "maden", root=root)
    assert SECRET not in str(caught.value)
    assert not root.exists()


def test_a_key_of_the_environment_in_a_demo_stops_the_saving(root, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", SECRET)
    program = compiled()
    program.planner.predict.demos[0]["account"] = f"My key is {SECRET}"
    with pytest.raises(UserError, match="holds the value of SOME_API_KEY, so nothing was saved") as caught:
        save_program(program, "maden", root=root)
    assert SECRET not in str(caught.value)
    assert not root.exists()


def test_provenance_names_everything_that_decides_the_result():
    found = provenance(prompt_lm=None)
    assert found["lm"] == {
        "model": "openai/some-model",
        "engine": "litellm",
        "settings": {"temperature": 0.3},
        "own_address": True,
    }
    assert found["prompt_lm"] is None
    assert found["optimizer"] == {"name": "bootstrap", "settings": {"demos": 2}}
    assert found["book"] == {"source": "debtors.csv", "sha256": read_book().sha256, "debtors": 975}
    assert found["split"]["val"] == {"ids": ["b"], "sha256": "2"}
    assert found["packages"]["dspy"].startswith("3.4.")
    assert found["config"] == {"lm": "openai/some-model", "url": "http://internal.example:8443/v1"}
    assert {"metric_version", "seed", "debtor", "python", "weights"} <= set(found)


def test_secrets_are_found_by_name_and_money_and_tokens_stay():
    given = {"openai_api_key": 1, "API_KEY": 2, "base_url": 3, "tokens_in": 4, "money_usd": None, "a": [{"headers": 5}]}
    assert without_secrets(given) == {"tokens_in": 4, "money_usd": None, "a": [{}]}


def test_the_revision_is_that_of_the_projects_own_repository(tmp_path):
    def git(*arguments):
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    assert git_revision(tmp_path) == {"revision": None, "dirty": None}
    git("init", "-q")
    (tmp_path / "inner").mkdir()
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-qm", "one")
    found = git_revision(tmp_path.resolve())
    assert len(found["revision"]) == 40
    assert found["dirty"] is False
    (tmp_path / "file").write_text("two")
    assert git_revision(tmp_path.resolve())["dirty"] is True
    assert git_revision((tmp_path / "inner").resolve()) == {"revision": None, "dirty": None}


def test_numbers_that_json_has_not_become_null(root):
    estimate = {"mean": 0.5, "low": float("nan"), "high": float("inf"), "n": 1}
    one = {"compiled": {"estimates": {"SR": estimate}, "scored": 1, "unscored": 0}}
    artifact = save_program(Maden(), "maden", Provenance(scores=one), root=root)
    found = read_artifact("maden", root=root).scores["compiled"].estimates["SR"]
    assert (found.low, found.high, found.mean) == (None, None, 0.5)
    assert "NaN" not in artifact.path.read_text()
