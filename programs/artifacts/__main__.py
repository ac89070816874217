"""Saved programs: load, verify, compare, promote; `python -m programs.artifacts list|show|diff|verify|promote`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from plumbing import cli
from plumbing.errors import UserError
from programs.artifacts.aliases import Aliases, read_aliases
from programs.artifacts.artifact_text import artifact_parts, diff_parts
from programs.artifacts.diff import diff
from programs.artifacts.document import SCHEMA_VERSION, Artifact
from programs.artifacts.restoring import artifact_kind
from programs.artifacts.store import (
    CHAMPION,
    ROOT,
    file_of,
    load_program,
    names,
    promote,
    read_artifact,
    save_program,
    verify,
    versions,
)
from programs.table.transcript import plain

__all__ = [
    "SCHEMA_VERSION",
    "Aliases",
    "Artifact",
    "diff",
    "load_program",
    "promote",
    "read_artifact",
    "save_program",
    "verify",
]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Look at saved programs, check them, and say which one is the champion.\n\n"
    "A program is called maden (the latest version), maden@3, maden@champion, or by the path of its file.",
)

Reference = Annotated[str, typer.Argument(help="maden, maden@3, maden@champion, or a path.")]
Root = Annotated[Path, typer.Option("--artifacts", help="Folder of the artifacts.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout instead of a table.")]


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="Only versions of this name.")] = None,
    artifacts: Root = ROOT,
    as_json: AsJson = False,
) -> None:
    """List all versions: when, made how, with which model, the objective before and after.

    Example: `python -m programs.artifacts list maden`
    """
    if name is not None and name not in names(artifacts):
        read_artifact(name, root=artifacts)  # raises the sentence with the near matches
    rows = [row for one in names(artifacts) if name in (None, one) for row in _rows(one, artifacts)]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        cli.stderr.print(f"{artifacts} holds no artifacts yet; python -m programs.compile makes one")
        return
    cli.stdout.print(_list_table(rows))


def _rows(name: str, root: Path) -> list[dict[str, Any]]:
    """One row a version; a damaged file is a row that says so."""
    folder = root / name
    aliases = read_aliases(folder)
    first_seen: dict[str, str] = {}
    rows = []
    for version in versions(folder):
        row: dict[str, Any] = {"artifact": f"{name}@{version}", "aliases": aliases.of(version)}
        try:
            artifact = read_artifact(file_of(folder, version))
        except UserError as error:
            rows.append({**row, "damaged": str(error)})
            continue
        earlier = first_seen.setdefault(artifact.program_sha256, artifact.reference)
        same = earlier if earlier != artifact.reference else None
        rows.append({**row, **_summary(artifact), "same_program_as": same})
    return rows


def _summary(artifact: Artifact) -> dict[str, Any]:
    provenance = artifact.provenance
    objective = {
        stage: scores.estimates["objective"].mean
        for stage, scores in artifact.scores.items()
        if "objective" in scores.estimates
    }
    return {
        "created": artifact.created,
        "variant": artifact_kind(artifact).uncompiled_name(artifact.settings),
        "optimizer": (provenance.get("optimizer") or {}).get("name"),
        "lm": (provenance.get("lm") or {}).get("model"),
        "objective": objective,
        "program_sha256": artifact.program_sha256,
    }


def _list_table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("artifact", "created", "made by", "model", "objective"):
        table.add_column(column, overflow="fold")
    table.add_column("", overflow="fold")
    for row in rows:
        aliases = ", ".join(row["aliases"])
        if "damaged" in row:
            table.add_row(row["artifact"], "", "", "", "", plain(f"{aliases} damaged: see verify".strip(), style="red"))
            continue
        same = f"same program as {row['same_program_as']}" if row["same_program_as"] else ""
        means = row["objective"]
        table.add_row(
            row["artifact"],
            row["created"][:16].replace("T", " "),
            plain(f"{row['variant']}, {row['optimizer'] or 'by hand'}"),
            plain(row["lm"] or ""),
            " -> ".join(f"{means[stage]:.3f}" for stage in ("uncompiled", "compiled") if stage in means),
            plain("; ".join(part for part in (aliases, same) if part), style="green"),
        )
    return table


@app.command()
def show(
    artifact: Reference,
    artifacts: Root = ROOT,
    prompts: Annotated[bool, typer.Option(help="With the instructions and demos.")] = True,
    as_json: AsJson = False,
) -> None:
    """Show one artifact: settings, where it came from, scores with intervals, cost, instructions and demos.

    Example: `python -m programs.artifacts show maden@champion --no-prompts`
    """
    found = read_artifact(artifact, root=artifacts)
    if as_json:
        print(found.model_dump_json(indent=1))
        return
    aliases = read_aliases(found.path.parent).of(found.version) if found.path else []
    for part in artifact_parts(found, aliases, prompts=prompts):
        cli.stdout.print(part, highlight=False)


@app.command("diff")
def diff_(
    a: Reference,
    b: Reference,
    artifacts: Root = ROOT,
    columns: Annotated[bool, typer.Option("--side-by-side", help="Instructions and demos in two columns.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what differs from A to B: settings, instructions, demos, scores side by side, provenance.

    Scores are those that were saved on the validation debtors. Whether a difference is real, `python -m
    programs.compare A B --split heldout` tells; which change made it, `python -m programs.ablate A B`.

    Example: `python -m programs.artifacts diff maden@1 maden@2 --side-by-side`
    """
    found = diff(read_artifact(a, root=artifacts), read_artifact(b, root=artifacts))
    if as_json:
        print(json.dumps(dataclasses.asdict(found), default=lambda one: one.model_dump(), ensure_ascii=False, indent=1))
        return
    for part in diff_parts(found, columns=columns):
        cli.stdout.print(part, highlight=False)


@app.command("verify")
def verify_(
    references: Annotated[list[str] | None, typer.Argument(help="What to check; default: everything.")] = None,
    artifacts: Root = ROOT,
) -> None:
    """Check that artifacts are as they were saved and fit this installation: hash, schema, signatures, packages.

    Ends with status 2 when one does not.

    Example: `python -m programs.artifacts verify` or `python -m programs.artifacts verify maden@champion`
    """
    every = references or [f"{name}@{version}" for name in names(artifacts) for version in versions(artifacts / name)]
    faults = []
    for reference in every:
        try:
            found = verify(reference, root=artifacts)
        except UserError as error:
            faults.append(str(error))
            continue
        sentence = f"ok  {reference}  content sha256 {found.content_sha256[:12]}, {len(found.state)} predictors fit"
        cli.stdout.print(sentence, highlight=False, soft_wrap=True)
    if not every:
        cli.stderr.print(f"{artifacts} holds no artifacts yet")
    if len(faults) > 1:
        for fault in faults:
            cli.stderr.print(f"bad {fault}", highlight=False, soft_wrap=True)
        raise UserError(f"{len(faults)} of {len(every)} artifacts do not verify")
    if faults:
        raise UserError(faults[0])


@app.command("promote")
def promote_(
    artifact: Reference,
    alias: Annotated[str, typer.Option(help="The name that moves.")] = CHAMPION,
    artifacts: Root = ROOT,
) -> None:
    """Let an alias stand on a version, after verifying it; apps that load maden@champion get it from then on.

    Every move is kept in artifacts/NAME/aliases.json, so going back is promoting the earlier version.

    Example: `python -m programs.artifacts promote maden@3`
    """
    found = read_artifact(artifact, root=artifacts)
    own = file_of(artifacts / found.name, found.version)
    if found.path is None or found.path.resolve() != own.resolve():
        raise UserError(f"{artifact} is not {own}; promote an artifact of {artifacts}, such as maden@3")
    before = read_aliases(own.parent).current.get(alias)
    promote(found.name, found.version, alias, root=artifacts)
    stood = f", it stood on version {before.version}" if before and before.version != found.version else ""
    sentence = f"{found.name}@{alias} is now version {found.version}{stood}"
    cli.stdout.print(sentence, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    cli.run_app(app, "python -m programs.artifacts")
