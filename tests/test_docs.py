"""README and docs say what the code does: command lines parse, links lead somewhere, examples and tables are true."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from data import domain
from data.policy import read_policy
from metrics.evaluator import score
from metrics.money.weights import default_weights
from metrics.records import read_records
from metrics.scorecard import INDEX_IDS, METRIC_IDS
from programs.artifacts import document as artifact
from programs.audit.checks import CHECKS
from programs.comparison import paired as comparison
from programs.creditor.rule_seats import RULE_SEATS
from programs.debtor.modelled import DebtorUnusable
from programs.debtor.personas import Traits, all_traits
from programs.maden import Maden
from programs.models import accounts
from programs.table import failures
from programs.table.guard import guarded
from tests.programs.command_line import command_of
from tests.programs.players import playing

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RECORD = ROOT / "docs" / "examples" / "record.jsonl"

_COMMAND = re.compile(
    r"python (?:-m (?:data|metrics|programs|optimizers|benchmarks)\.\w+|[\w/]+\.py)[^`\n]*|^maden [^`\n]*", re.MULTILINE
)
_PRINTED = re.compile(r"^```text\n.*?^```$", re.DOTALL | re.MULTILINE)
"""What commands print, which is no command line."""
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def command_lines() -> list[str]:
    """Every `python -m ...` of the pages, without comments; placeholders such as `...` are no command line."""
    texts = (_PRINTED.sub("", page.read_text(encoding="utf-8")) for page in PAGES)
    found = (match.group() for text in texts for match in _COMMAND.finditer(text))
    lines = dict.fromkeys(re.sub(r"\s+#.*", "", line).rstrip(" .,;:)|") for line in found)
    return [line for line in lines if "..." not in line and "|" not in line]


def links() -> list[tuple[str, str]]:
    text = {page: re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL) for page in PAGES}
    return [(name_of(page), link) for page in PAGES for link in _LINK.findall(text[page]) if "://" not in link]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def docs(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("line", command_lines())
def test_every_command_line_parses(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["-m", "programs", *shlex.split(line)[1:]] if line.startswith("maden ") else shlex.split(line)[1:]
    cut = 2 if words[0] == "-m" else 1
    command, arguments = command_of(words[:cut], monkeypatch), words[cut:]
    if not arguments:
        return
    if hasattr(command, "commands"):
        assert arguments[0] in command.commands, f"there is no {arguments[0]}"
        _, command, arguments = command.resolve_command(command.make_context("docs", arguments), arguments)
    command.make_context("docs", arguments)  # raises for an unknown option, a missing or a wrong value


def test_command_lines_are_found() -> None:
    modules = {shlex.split(line)[2] for line in command_lines() if " -m " in line}
    assert modules >= {"programs.compile", "programs.compare", "programs.negotiate", "metrics.score", "programs.audit"}


@pytest.mark.parametrize(("page", "link"), links())
def test_every_relative_link_leads_to_a_file_and_a_heading(page: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    assert target.exists(), f"{page} links to {link}"
    if anchor:
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=name_of)
def test_every_python_snippet_runs_on_a_scripted_model(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("programs.make_lm", lambda model, **settings: playing(), raising=False)
    monkeypatch.setattr("programs.load_program", lambda reference: Maden(), raising=False)
    for snippet in blocks(page, "python"):
        exec(compile(snippet, str(page), "exec"), {})


def test_the_example_record_is_the_one_on_the_page_and_scores_as_the_page_says() -> None:
    on_page, scores = (json.loads(block) for block in blocks(ROOT / "docs" / "formats.md", "json"))
    assert json.loads(RECORD.read_text(encoding="utf-8")) == on_page
    assert score(read_records(RECORD)[0]).row() == pytest.approx(scores)


def test_the_policy_of_the_page_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(blocks(ROOT / "docs" / "formats.md", "toml")[0], encoding="utf-8")
    assert read_policy(file) == domain.CreditorPolicy(max_discount_pct=20, max_installment_periods=18)


def test_the_example_records_repair_is_the_guards() -> None:
    record = read_records(RECORD)[0]
    first = record.turns[0]
    again = guarded(first.model_copy(update={"move": first.proposed, "notes": ()}), None, None, record.policy)
    assert (again.move.terms, again.notes) == (first.move.terms, first.notes)
    assert first.dialogue.startswith(again.dialogue)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        pytest.param("formats.md", {n for t in (domain.Negotiation, domain.DebtCase, domain.Turn, domain.Debt,
            domain.Debtor, domain.Finances, domain.Terms, domain.Disclosure) for n in t.model_fields}, id="record"),
        pytest.param("formats.md", {*domain.Ending, *domain.MoveKind, *domain.Inquiry, *domain.Persona}, id="words"),
        pytest.param("formats.md", artifact.Artifact.model_fields, id="artifact"),
        pytest.param("formats.md", {*artifact.ProgramSettings.model_fields, *artifact.Scores.model_fields}, id="parts"),
        pytest.param("formats.md", {n for t in (comparison.Comparison, comparison.ProgramResult, comparison.PairResult,
            comparison.Difference) for n in t.model_fields}, id="comparison"),
        pytest.param("formats.md", set(comparison.DifferenceVerdict), id="verdicts"),
        pytest.param("debtors.md", {*domain.Persona, *Traits.model_fields, *RULE_SEATS}, id="debtors"),
        pytest.param("models.md", {t.kind for t in vars(failures).values() if hasattr(t, "kind")}
            | {DebtorUnusable.kind}, id="failures"),
        pytest.param("models.md", set(accounts.Cost.__dataclass_fields__), id="cost"),
    ],
)  # fmt: skip
def test_every_name_of_the_code_stands_on_its_page(page: str, names: set[str]) -> None:
    text = docs(page)
    missing = [name for name in sorted(map(str, names)) if not re.search(rf"`{re.escape(name)}`|\| {name} \|", text)]
    assert missing == []


def test_the_metrics_page_defines_every_metric_and_index() -> None:
    text = docs("metrics.md")
    ids = {name for name in METRIC_IDS if not re.fullmatch(r"L\dD", name)} | {"L1D..L4D"}
    assert [name for name in ids if f"| {name} |" not in text] == []
    assert [name for name in INDEX_IDS if f"**{name}**" not in text] == []
    weights = default_weights()
    assert f"{weights.objective.CCI}·CCI + {weights.objective.CONV}·CONV" in text
    assert f"{weights.cri.SR}·SR + {weights.cri.RR}·RR̂ + {weights.cri.E}·Ê" in text


def test_the_persona_table_is_the_files() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ((?:[\d.]+ \| ){5}[\d.]+) \|$", docs("debtors.md"), re.MULTILINE))
    names = [name for name in Traits.model_fields if name not in ("weights", "manner")]
    assert rows == {n: " | ".join(f"{getattr(t, n):g}" for t in all_traits().values()) for n in names}


def test_the_audit_table_has_every_check() -> None:
    assert len(re.findall(r"^\| [^|]+ \| [^|]+\? \| [^|]+ \|$", docs("debtors.md"), re.MULTILINE)) == len(CHECKS)
