"""A saved program comes back as it was; what was changed, or does not fit, is refused."""

from __future__ import annotations

import json
import subprocess
import sys

import dspy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import programs
from data.domain import CreditorPolicy
from programs.artifacts import document as artifact_module
from programs.artifacts import store as artifact_store
from programs.artifacts.document import parsed, rendered, sealed
from programs.artifacts.provenance import Provenance
from programs.artifacts.restoring import restored
from programs.artifacts.store import load_program, read_artifact, save_program
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.playing.contestants import contestant
from signatures.plan import MakePlan
from tests.programs.artifacts.damage import edit, refusal
from tests.programs.players import NEGOTIATING, PLAN
from tests.programs.saved import FROZEN, PLANNER_INSTRUCTIONS, compiled, prompts_of


@pytest.mark.parametrize("variant", NEGOTIATING)
def test_a_loaded_program_sends_byte_identical_prompts(variant, root):
    program = compiled(variant)
    before = prompts_of(program)
    save_program(program, "maden", root=root)
    assert prompts_of(load_program("maden", root=root)) == before


def test_demos_instructions_and_settings_come_back(root):
    program = compiled()
    program.settings = ProgramSettings(policy=CreditorPolicy(max_discount_pct=12.5), rungs=5, temperature=None)
    save_program(program, "maden", root=root)
    loaded = load_program("maden", root=root)
    assert loaded.settings == program.settings
    assert loaded.planner.predict.signature.instructions == PLANNER_INSTRUCTIONS
    assert [demo["account"] for demo in loaded.planner.predict.demos] == [
        demo["account"] for demo in program.planner.predict.demos
    ]
    assert loaded.planner.predict.demos[0]["strategy"] == program.planner.predict.demos[0]["strategy"].model_dump()


def test_saving_and_loading_again_is_the_same_program_with_a_parent(saved, root):
    again = save_program(load_program("maden", root=root), "maden", root=root)
    assert (again.version, again.parent) == (2, "maden@1")
    assert again.program_sha256 == saved.program_sha256
    assert again.content_sha256 != saved.content_sha256


def test_the_program_hash_is_the_fingerprint_that_comparisons_use(root):
    artifact = save_program(Maden(), "same", root=root)
    fingerprints = {contestant(name, artifacts=root).fingerprint for name in ("maden-ladder", "same@1")}
    assert fingerprints == {artifact.program_sha256}


def test_a_frozen_submodule_is_saved_although_dspy_leaves_it_out(root):
    program = compiled()
    assert "planner.predict" not in program.dump_state()
    artifact = save_program(program, "maden", root=root)
    assert sorted(artifact.state) == ["judge.predict", "negotiator.predict", "planner.predict"]
    assert len(artifact.state["planner.predict"]["demos"]) == 2
    assert program.planner._compiled  # saving changes nothing


def test_the_same_content_gives_the_same_bytes_in_readable_text(root):
    told = Provenance(created="2026-01-01T00:00:00+00:00")
    first, second = (save_program(compiled(), "maden", told, root=root / str(n)).path.read_bytes() for n in (1, 2))
    assert first == second
    text = first.decode()
    assert "延期" in text
    assert text.endswith("}\n")
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_loading_leaves_the_artifact_untouched_by_what_happens_to_the_program(saved, root):
    loaded = load_program("maden", root=root)
    loaded.planner.predict.demos.clear()
    assert len(loaded.artifact.state["planner.predict"]["demos"]) == 2


def test_debtors_are_the_callers(saved, root):
    met = []

    def debtors(case, seed):
        met.append((case.case_id, seed))
        return programs.maden.SimulatedDebtor(case, seed)

    prompts_of(load_program("maden", root=root, debtors=debtors), seed=7)
    assert met == [("d-1", 7)]


def test_programs_offers_load_program_and_make_lm():
    from programs.models.make import make_lm

    assert programs.load_program is load_program
    assert programs.make_lm is make_lm
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        programs.nothing  # noqa: B018


def test_importing_programs_alone_imports_no_dspy():
    code = "import programs, sys; print('dspy' in sys.modules, 'pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(instructions=st.text(max_size=80), words=st.text(alphabet=st.characters(), max_size=80))
def test_any_text_comes_back_as_it_was(instructions, words):
    program = Maden(ProgramSettings(variant=Variant.PLANNED))
    predictor = program.planner.predict
    predictor.signature = predictor.signature.with_instructions(instructions)
    predictor.demos = [dspy.Example(account=words + "\ud800", facts=words)]
    state = artifact_store.program_state(program)
    content = json.loads(FROZEN.read_bytes()) | {
        "state": state,
        "settings": program.settings.model_dump(mode="json"),
        "signatures": artifact_store.signature_fingerprints(program),
        "program_sha256": artifact_store.program_sha256(program.settings, state),
    }
    loaded = restored(parsed(rendered(sealed(content)), "memory"))
    assert loaded.planner.predict.signature.instructions == predictor.signature.instructions
    assert loaded.planner.predict.demos == [{"account": words + "\ud800", "facts": words}]


def test_every_edited_character_is_refused(saved, root):
    text = saved.path.read_text()
    content = json.loads(text)
    for position in range(0, len(text), 53):
        changed = text[:position] + ("x" if text[position] != "x" else "y") + text[position + 1 :]
        saved.path.write_text(changed)
        try:
            if json.loads(changed) == content:  # cannot be: x and y stand nowhere outside of strings
                pytest.fail(f"position {position} changed nothing")
        except ValueError:
            pass
        message = refusal("maden", root)
        assert "v0001.json" in message
        assert "restore" in message or "no artifact of maden" in message


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["state"]["planner.predict"]["demos"].pop(),
        lambda c: c["settings"]["policy"].update(max_discount_pct=90),
        lambda c: c["scores"]["compiled"]["estimates"]["SR"].update(mean=1.5),
        lambda c: c["provenance"].update(seed=1),
        lambda c: c.update(created="2020-01-01T00:00:00+00:00"),
        lambda c: c.update(notes="better than it is"),
        lambda c: c["state"]["planner.predict"]["demos"][0].update(strategy=dict(reversed(PLAN.items()))),
        lambda c: c.update(extra=1),
        lambda c: c.pop("cost"),
        lambda c: c.update(content_sha256="0" * 64),
    ],
)
def test_any_edited_value_is_refused(saved, root, change):
    edit(saved.path, change, seal=False)
    assert "changed or damaged after it was saved" in refusal("maden", root)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not whole, plain JSON"),
        (b"{", "not whole, plain JSON"),
        (b"\xff\xfe", "not whole, plain JSON"),
        (b"\x80\x04K\x01.", "not whole, plain JSON"),
        (b"[" * 100_000, "not whole, plain JSON"),
        (b"[]", "no artifact of maden"),
        (b'{"planner": {}, "metadata": {}}', "no artifact of maden"),
        (b'{"schema_version": 1, "schema_version": 1, "content_sha256": ""}', "stands twice"),
        (b'{"schema_version": 1, "a": NaN, "content_sha256": ""}', "changed or damaged"),
        (b'{"schema_version": "1", "content_sha256": ""}', "which never was"),
    ],
    ids=["empty", "torn", "bytes", "pickle", "deep", "list", "dspy-state", "twice", "nan", "schema-text"],
)
def test_what_is_no_artifact_is_refused_in_a_sentence(saved, root, data, words):
    saved.path.write_bytes(data)
    assert words in refusal("maden", root)


def test_a_newer_schema_is_refused_before_anything_else_is_read(saved, root):
    edit(saved.path, lambda c: c.update(schema_version=2, content_sha256="another way to hash"), seal=False)
    message = refusal("maden", root)
    assert "newer maden (schema 2, this one reads up to 1)" in message
    assert "upgrade" in message


def test_an_older_schema_is_brought_up_step_by_step(saved, monkeypatch):
    monkeypatch.setattr(artifact_module, "SCHEMA_VERSION", 3)
    monkeypatch.setattr(artifact_module, "UPCASTS", {
        1: lambda c: {**c, "schema_version": 2, "notes": c["notes"] + "one "},
        2: lambda c: {**c, "schema_version": 1, "notes": c["notes"] + "two"},
    })  # fmt: skip
    assert parsed(saved.path.read_bytes(), "old").notes == "one two"


def test_a_renamed_field_is_refused_and_named(saved, root, monkeypatch):
    renamed = MakePlan.delete("facts").append("figures", dspy.InputField())
    monkeypatch.setattr("programs.creditor.planner.MakePlan", renamed)
    message = refusal("maden", root)
    assert "another signature of planner.predict" in message
    assert "without Figures and with Facts" in message


def test_reordered_fields_are_refused(saved, root, monkeypatch):
    field = MakePlan.fields["account"]
    monkeypatch.setattr("programs.creditor.planner.MakePlan", MakePlan.delete("account").insert(1, "account", field))
    assert "the order of its fields is another one" in refusal("maden", root)


def test_a_changed_answer_type_is_refused(saved, root, monkeypatch):
    monkeypatch.setattr(
        "programs.creditor.planner.MakePlan", MakePlan.with_updated_fields("strategy", type_=dict[str, int])
    )
    assert "the type of a field is another one" in refusal("maden", root)


def test_other_instructions_in_the_code_do_not_matter(saved, root, monkeypatch):
    monkeypatch.setattr("programs.creditor.planner.MakePlan", MakePlan.with_instructions("Something else."))
    assert load_program("maden", root=root).planner.predict.signature.instructions == PLANNER_INSTRUCTIONS


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c["state"].pop("judge.predict"), "holds the predictors negotiator.predict, planner.predict"),
        (lambda c: c["state"].update(extra=c["state"]["judge.predict"]), "the program has judge.predict, neg"),
        (lambda c: c["state"]["judge.predict"].update(forward="x"), "does not write (forward"),
        (lambda c: c["state"]["judge.predict"].update(lm={"model": "openai/x"}), "does not write (lm"),
        (lambda c: c["state"]["judge.predict"].update(demos=["text"]), "does not write (demos.0"),
        (lambda c: c["state"]["judge.predict"]["signature"]["fields"].pop(), "another signature of judge.predict"),
        (lambda c: c["state"]["planner.predict"]["demos"].pop(), "does not come back as the program that was saved"),
        (lambda c: c["settings"].update(variant="planned"), "the program has negotiator.predict, planner.predict"),
        (lambda c: c["settings"].update(rungs=1), "settings.rungs: Input should be"),
        (lambda c: c["settings"].update(tempo=1), "settings.tempo: Extra inputs"),
        (lambda c: c.update(program_class="os.system"), "holds a os.system"),
        (lambda c: c.update(provenance={"packages": {"dspy": "2.6.1"}}), 'install "dspy>=2,<3"'),
    ],
    ids=["lost", "unknown", "attribute", "model", "demo", "field", "program-hash", "variant", "range", "setting",
         "class", "package"],
)  # fmt: skip
def test_what_does_not_fit_is_refused_even_with_a_right_hash(saved, root, change, words):
    edit(saved.path, change)
    assert words in refusal("maden", root)


def test_another_minor_version_of_dspy_is_said_and_loads(saved, root, caplog):
    edit(saved.path, lambda c: c.update(provenance={"packages": {"dspy": "3.1.0"}}))
    load_program("maden", root=root)
    assert "saved with dspy 3.1.0" in caplog.text


def test_the_frozen_artifact_of_schema_1_still_loads():
    artifact = read_artifact(FROZEN)
    assert artifact.schema_version == 1
    assert artifact.scores["compiled"].estimates["objective"].mean == 0.625
    assert artifact.cost == {"total": {"calls": 12, "money_usd": None}}
    program = load_program(FROZEN)  # a signature was changed on purpose? python -m tests.programs.saved
    assert program.planner.predict.signature.instructions == PLANNER_INSTRUCTIONS
    assert prompts_of(program) == prompts_of(compiled())
