from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.conversation import takeover as operating
from app.database.tables import Status
from metrics.scorecard import INDEX_IDS, METRIC_IDS
from programs.artifacts.provenance import Provenance
from programs.artifacts.store import load_program, save_program
from tests.app.desk import CASE, desk_lm
from tests.app.served import served


def listed(house, query=""):
    return house.operator("GET", f"/negotiations{query}").json()


def counts(house):
    return house.operator("GET", "/counts").json()


def test_who_is_logged_in_is_told_with_what_changes_need(house):
    found = house.operator("GET", "/login").json()
    assert found == {"operator": "olga", "csrf": house.csrf, "role": "acts"}


def test_the_list_marks_and_counts_who_waits_for_a_person(house):
    (first, one), (second, other) = house.begin(), house.begin()
    for token in (one, other):
        house.settled(token)
    assert counts(house) == {"needs_a_person": 0, "by_status": {"open": 2}}
    house.debtor(one, "POST", "/person")
    assert counts(house) == {"needs_a_person": 1, "by_status": {"open": 1, "with_a_person": 1}}
    newest, oldest = listed(house)
    assert (newest["id"], newest["needs_a_person"], oldest["needs_a_person"]) == (first, True, False)
    assert [line["id"] for line in listed(house, "?needs_a_person=true")] == [first]
    assert [line["id"] for line in listed(house, "?needs_a_person=false")] == [second]
    assert [line["id"] for line in listed(house, "?status=open&offset=0")] == [second]
    house.operator("POST", f"/negotiations/{first}/take-over")
    assert counts(house)["needs_a_person"] == 0
    house.debtor(one, "POST", "/messages", json={"text": "Are you there?"})
    assert counts(house)["needs_a_person"] == 1  # whoever has taken over owes an answer
    house.operator("POST", f"/negotiations/{first}/messages", json={"text": "I am."})
    assert counts(house)["needs_a_person"] == 0
    house.operator("POST", f"/negotiations/{first}/close")
    assert counts(house) == {"needs_a_person": 0, "by_status": {"open": 1, "declined": 1}}


def test_whoever_asks_to_be_left_alone_waits_for_a_persons_look(house):
    found, token = house.begin()
    house.settled(token)
    house.debtor(token, "POST", "/messages", json={"text": "Stop contacting me."})
    house.settled(token)
    (line,) = listed(house, "?needs_a_person=true")
    assert (line["id"], line["status"]) == (found, Status.STOPPED)
    operating.take_over(house.parts.negotiations.database, found, "olga")
    assert listed(house, "?needs_a_person=true") == []


def test_a_turn_tells_its_rung_its_reasons_and_what_the_debtor_claimed(house):
    found, token = house.begin()
    house.settled(token)
    house.debtor(token, "POST", "/messages", json={"text": "20 monthly instalments? I have cancer."})
    house.settled(token)
    view = house.operator("GET", f"/negotiations/{found}").json()
    opening, said, answer = view["messages"]
    assert (opening["rung"], said["rung"], answer["rung"], view["rung"]) == (1, None, 2, 2)
    assert said["move"].startswith("proposes no discount")
    assert said["move"].endswith("20 monthly instalments")
    (finding,) = said["findings"]
    assert (finding["action"], finding["excerpt"]) == ("note", "cancer")
    assert "FG21/1" in finding["source"]
    assert {note["by"] for one in view["messages"] for note in one["notes"]} <= {"guard", "judge", "words", "output"}
    assert view["question"] == "income"


def test_the_scorecard_has_every_metric_with_name_aspect_and_unit(house):
    found, token = house.begin()
    house.settled(token)
    card = house.operator("GET", f"/negotiations/{found}/score").json()
    assert list(card["values"]) == [*METRIC_IDS, *INDEX_IDS]
    assert card["values"]["RR"] == {
        "name": "recovery rate", "aspect": "debt recovery", "unit": "0..1", "better": "up", "value": 0.0
    }  # fmt: skip


def test_an_artifact_tells_where_it_comes_from_and_a_variant_that_it_has_none(tmp_path):
    with served(tmp_path) as house:
        house.log_in()
        variant, token = house.begin()
        house.settled(token)
        program = house.operator("GET", f"/negotiations/{variant}").json()["program"]
        assert (program["name"], program["origin"], program["now"]) == ("planned", None, None)
        told = {
            "optimizer": {"name": "random_search"},
            "seed": 7,
            "lm": {"model": "scripted/test"},
            "book": {"source": "debtors.csv", "sha256": "b" * 64, "debtors": 975},
            "split": {"train": {"ids": ["a", "b"]}, "val": {"ids": ["c"]}},
        }
        scores = {"compiled": {"estimates": {"objective": {"mean": 0.8, "low": 0.7, "high": 0.9, "n": 12}}}}
        negotiations = house.parts.negotiations
        provenance = Provenance(section=told, scores=scores)
        saved = save_program(negotiations.house.program, "maden", provenance, root=tmp_path / "artifacts")
        compiled = replace(
            negotiations.house,
            program=load_program("maden", root=tmp_path / "artifacts"),
            artifact="maden@1",
            program_sha256="f" * 64,
        )
        negotiations.house = negotiations.answers.house = compiled
        found, token = house.begin()
        house.settled(token)
        program = house.operator("GET", f"/negotiations/{found}").json()["program"]
        origin = program["origin"]
        assert (program["name"], origin["reference"], origin["optimizer"], origin["seed"]) == (
            "maden@1", "maden@1", "random_search", 7
        )  # fmt: skip
        assert (origin["content_sha256"], origin["created"]) == (saved.content_sha256, saved.created)
        assert (origin["book"], origin["train_debtors"], origin["val_debtors"]) == ("debtors.csv, 975 debtors", 2, 1)
        assert origin["objective"] == [{"program": "compiled", "mean": 0.8, "low": 0.7, "high": 0.9, "debtors": 12}]
        assert origin["revision"] is None
        before = house.operator("GET", f"/negotiations/{variant}").json()["program"]
        assert (before["origin"], before["now"]) == (None, "maden@1 (ffffffffffff)")


def test_a_plan_is_shown_to_operators_as_to_its_debtor(tmp_path):
    with served(tmp_path, desk_lm("We look for a plan.")) as house:
        house.log_in()
        found, token = house.begin()
        house.settled(token)
        plan = house.debtor(token, "POST", "/accept").json()
        view = house.operator("GET", f"/negotiations/{found}").json()
        assert (view["pending"], view["agreed"], view["case_id"]) == (plan, None, CASE)
