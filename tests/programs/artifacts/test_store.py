from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import dspy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import programs
from data.book import read_book
from data.domain import CreditorPolicy
from plumbing import files
from plumbing.errors import UserError
from programs.artifacts import document as artifact_module
from programs.artifacts import store as artifact_store
from programs.artifacts.aliases import read_aliases
from programs.artifacts.document import parsed, rendered, sealed
from programs.artifacts.provenance import Compilation, Provenance, git_revision, without_secrets
from programs.artifacts.restoring import restored
from programs.artifacts.store import load_program, promote, read_artifact, save_program, verify
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.playing.contestants import contestant
from signatures.plan import MakePlan
from tests.programs.players import PLAN
from tests.programs.saved import FROZEN, PLANNER_INSTRUCTIONS, compiled, prompts_of, scores

SECRET = "sk-test-0123456789abcdef"
ADDRESS = "http://user:word@internal.example:8443/v1"


@pytest.fixture
def root(tmp_path):
    return tmp_path / "artifacts"


@pytest.fixture
def saved(root):
    return save_program(compiled(), "maden", Provenance(scores=scores()), root=root)


def edit(path: Path, change, *, seal: bool = True) -> None:
    """Change the content of an artifact file; sealed again it has a right hash, as a newer program's would have."""
    content = json.loads(path.read_bytes())
    change(content)
    path.write_bytes(rendered(sealed(content) if seal else content))


def refusal(ref, root) -> str:
    with pytest.raises(UserError) as caught:
        load_program(ref, root=root)
    return str(caught.value)


# Round trip


@pytest.mark.parametrize("variant", list(Variant))
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
    fingerprints = {contestant(name, artifacts=root).fingerprint for name in ("maden", "same@1")}
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


# What must not load


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


# References


def test_references_find_the_same_version_in_every_spelling(saved, root):
    save_program(compiled(), "maden", root=root)
    found = {ref: load_program(ref, root=root).artifact.version for ref in
             ("maden", "maden@latest", "maden@1", "maden@v1", "maden@v0001", "maden@2")}  # fmt: skip
    assert found == {"maden": 2, "maden@latest": 2, "maden@1": 1, "maden@v1": 1, "maden@v0001": 1, "maden@2": 2}
    assert load_program(saved.path).artifact.version == load_program(str(saved.path)).artifact.version == 1


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("madne", "did you mean maden?"),
        ("maden@7", "maden has no version 7; it has 1, the latest is 1"),
        ("maden@0", "no version 0"),
        ("maden@champion", "none was promoted yet"),
        ("maden@../../x", "there is no artifact file"),
        ("..", "no artifact '..'"),
        ("", "no artifact ''"),
        ("other/v0001.json", "no artifact file other/v0001.json"),
        ("maden@\x00", "no alias '\\x00'"),
    ],
)
def test_an_unknown_reference_names_what_is_near(saved, root, ref, words):
    assert words in refusal(ref, root)


def test_an_unknown_alias_names_the_near_one(saved, root):
    promote("maden", 1, root=root)
    assert "did you mean champion?" in refusal("maden@champoin", root)


def test_without_any_artifact_the_first_step_is_named(root):
    assert "python -m programs.compile makes one" in refusal("maden", root)


def test_a_folder_is_no_artifact(saved, root):
    assert "is a folder" in refusal(saved.path.parent, root)


def test_a_copied_file_does_not_pass_as_another_version(saved, root):
    (root / "maden" / "v0002.json").write_bytes(saved.path.read_bytes())
    assert "holds maden@1: it was moved or copied" in refusal("maden@2", root)
    assert load_program(root / "maden" / "v0002.json").artifact.reference == "maden@1"


# Versions


def test_versions_count_up_and_nothing_is_overwritten(saved, root):
    first = saved.path.read_bytes()
    assert [save_program(compiled(), "maden", root=root).version for _ in range(3)] == [2, 3, 4]
    assert saved.path.read_bytes() == first
    assert sorted(file.name for file in saved.path.parent.iterdir()) == [f"v000{n}.json" for n in (1, 2, 3, 4)]


def test_the_number_of_a_removed_promoted_version_is_not_given_again(saved, root):
    save_program(compiled(), "maden", root=root)
    promote("maden", 2, root=root)
    (root / "maden" / "v0002.json").unlink()
    assert save_program(compiled(), "maden", root=root).version == 3


def _save_some(root: Path, count: int) -> None:
    for _ in range(count):
        save_program(Maden(), "maden", root=root)


def test_two_processes_saving_at_once_get_different_versions(root):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_save_some, args=(root, 5)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    found = sorted((root / "maden").iterdir())
    assert [file.name for file in found] == [f"v{n:04d}.json" for n in range(1, 11)]
    assert [verify(f"maden@{n}", root=root).version for n in range(1, 11)] == list(range(1, 11))


def test_a_number_taken_between_choosing_and_writing_is_skipped(saved, root, monkeypatch):
    numbers = iter([1, 1, 2])
    monkeypatch.setattr(artifact_store, "_next_version", lambda folder: next(numbers))
    assert save_program(compiled(), "maden", root=root).version == 2


def test_without_hard_links_a_version_is_still_never_overwritten(saved, root, monkeypatch):
    def no_links(source, target):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(files.os, "link", no_links)
    first = saved.path.read_bytes()
    assert save_program(compiled(), "maden", root=root).version == 2
    with pytest.raises(FileExistsError):
        files.create_file(saved.path, b"other")
    assert saved.path.read_bytes() == first
    assert verify("maden@2", root=root).version == 2


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "../up", "a@1", "a b", "x" * 65, "maden.json", "naïve", "a\n"])
def test_an_unusable_name_is_refused(name, root):
    with pytest.raises(UserError, match="cannot be the name of an artifact"):
        save_program(Maden(), name, root=root)
    assert not root.exists()


# Disk trouble


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_full_disk_while_saving_leaves_what_was_there(saved, root, monkeypatch, call):
    before = {file: file.read_bytes() for file in root.rglob("*.json")}

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, call, full)
    for name in ("maden", "second"):
        with pytest.raises(UserError) as caught:
            save_program(compiled(), name, root=root)
        assert "No space left on device; nothing that was there is changed" in str(caught.value)
    monkeypatch.undo()
    assert {file: file.read_bytes() for file in root.rglob("*") if file.is_file()} == before
    assert not (root / "second").exists()
    assert load_program("maden", root=root).artifact.version == 1


FULL = """
import resource, signal, sys
from pathlib import Path
from plumbing.errors import UserError
from programs.artifacts.store import save_program
from programs.maden import Maden
root = Path(sys.argv[1])
save_program(Maden(), "maden", root=root)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    save_program(Maden(), "maden", root=root)
except UserError as error:
    print(error)
"""


def test_a_write_that_the_system_cuts_short_leaves_what_was_there(root):
    done = subprocess.run([sys.executable, "-c", FULL, root], capture_output=True, text=True, check=True)
    assert "File too large; nothing that was there is changed" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert [file.name for file in (root / "maden").iterdir()] == ["v0001.json"]
    assert verify("maden", root=root).version == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_said(saved, root):
    (root / "maden").chmod(0o500)
    with pytest.raises(UserError, match="Permission denied"):
        save_program(compiled(), "maden", root=root)
    (root / "maden").chmod(0o700)


def test_a_file_in_the_place_of_the_folder_is_said(root):
    root.mkdir()
    (root / "maden").write_text("mine")
    with pytest.raises(UserError, match="cannot save in"):
        save_program(Maden(), "maden", root=root)
    assert (root / "maden").read_text() == "mine"


# Aliases


def test_promotion_moves_the_alias_and_keeps_the_history(saved, root):
    save_program(compiled(), "maden", root=root)
    for version in (1, 2, 2, 1):
        promote("maden", version, root=root)
        assert load_program("maden@champion", root=root).artifact.version == version
    history = read_aliases(root / "maden").history
    assert [(move.version, move.previous) for move in history] == [(1, None), (2, 1), (1, 2)]
    assert {move.alias for move in history} == {"champion"}


def test_aliases_move_independently(saved, root):
    save_program(compiled(), "maden", root=root)
    promote("maden", 1, root=root)
    promote("maden", 2, "challenger", root=root)
    assert load_program("maden@champion", root=root).artifact.version == 1
    assert load_program("maden@challenger", root=root).artifact.version == 2


def _promote_some(root: Path, alias: str) -> None:
    for version in (1, 2, 1, 2):
        promote("maden", version, alias, root=root)


def test_two_processes_promoting_at_once_lose_no_move(saved, root):
    save_program(compiled(), "maden", root=root)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_promote_some, args=(root, alias)) for alias in ("left", "right")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    moves = [(move.alias, move.version) for move in read_aliases(root / "maden").history]
    for alias in ("left", "right"):
        assert [version for name, version in moves if name == alias] == [1, 2, 1, 2]


def test_what_does_not_verify_is_not_promoted(saved, root):
    edit(saved.path, lambda c: c.update(notes="edited"), seal=False)
    with pytest.raises(UserError, match="changed or damaged"):
        promote("maden", 1, root=root)
    assert not (root / "maden" / "aliases.json").exists()


def test_an_alias_does_not_follow_to_other_content_under_the_same_number(saved, root):
    promote("maden", 1, root=root)
    edit(saved.path, lambda c: c.update(notes="another program"))
    assert "is not what was promoted as champion" in refusal("maden@champion", root)
    assert load_program("maden@1", root=root).artifact.notes == "another program"


@pytest.mark.parametrize("alias", ["3", "v3", "latest", "", "a b", "../x"])
def test_an_alias_that_reads_like_a_version_is_refused(saved, root, alias):
    with pytest.raises(UserError, match="cannot be an alias"):
        promote("maden", 1, alias, root=root)


def test_damaged_aliases_are_said(saved, root):
    (root / "maden" / "aliases.json").write_text("{")
    assert "aliases.json is damaged" in refusal("maden@champion", root)


def test_a_full_disk_while_promoting_leaves_the_alias(saved, root, monkeypatch):
    save_program(compiled(), "maden", root=root)
    promote("maden", 1, root=root)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device; nothing was changed"):
        promote("maden", 2, root=root)
    assert load_program("maden@champion", root=root).artifact.version == 1


# Secrets and provenance


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


# For ever


def test_the_frozen_artifact_of_schema_1_still_loads():
    artifact = read_artifact(FROZEN)
    assert artifact.schema_version == 1
    assert artifact.scores["compiled"].estimates["objective"].mean == 0.625
    assert artifact.cost == {"total": {"calls": 12, "money_usd": None}}
    program = load_program(FROZEN)  # a signature was changed on purpose? python -m tests.programs.saved
    assert program.planner.predict.signature.instructions == PLANNER_INSTRUCTIONS
    assert prompts_of(program) == prompts_of(compiled())
