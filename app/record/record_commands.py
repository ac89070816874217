"""`python -m app audit`, `dump` and `restore`: the record verified, anchored, copied and brought back."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.access.links import SECRET, strong
from app.database import audit_log
from app.database.opening import open_database, open_existing
from app.database.transactions import DEFAULT_URL
from app.record import dump_restoration, dumping
from app.record.anchors import Anchor, anchor_of, read_anchor
from app.record.checking import faults_of
from plumbing import cli
from plumbing.errors import UserError
from plumbing.files import create_file

Url = Annotated[str, typer.Option("--database", envvar="MADEN_DATABASE", help="SQLAlchemy URL; default: a file here.")]

audit = typer.Typer(invoke_without_command=True)


@audit.callback()
def verify(
    ctx: typer.Context,
    database: Url = DEFAULT_URL,
    expect: Annotated[
        str | None, typer.Option(metavar="HASH", help="A last hash of before: the log must still hold it.")
    ] = None,
    anchor: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What `audit export` wrote before: the log must still begin so.")
    ] = None,
) -> None:
    """Verify the audit log and the agreed plans; exit status 1 if an entry or a plan was changed, taken out or put in.

    A log that was cut at its end, or emptied, is whole in itself: --expect or --anchor shows it.
    """
    ctx.obj = database
    if ctx.invoked_subcommand is not None:
        return
    _require_hash(expect)
    anchored = _signed(read_anchor(anchor), anchor) if anchor else None
    with closing(open_existing(database)) as opened, opened.reading() as session:
        found = _whole(session, expect, anchored)
    cli.stdout.print(f"{found.entries} entries, whole; last hash {found.last_sha256}", highlight=False, soft_wrap=True)


@audit.command()
def export(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A new file; standard output without one.")] = None,
    database: Annotated[str | None, typer.Option(help="As above.")] = None,
) -> None:
    """Write an anchor: the last hash, the number of entries and the time, signed with MADEN_APP_SECRET.

    Keep it where whoever may write to the database may not. `python -m app audit --anchor FILE` checks it.
    """
    secret = _secret()
    with closing(open_existing(database or ctx.obj)) as opened, opened.reading() as session:
        content = anchor_of(_whole(session), secret).model_dump_json()
    if file is None:
        typer.echo(content)
        return
    try:
        create_file(file, content.encode() + b"\n")
    except FileExistsError as error:
        raise UserError(f"there is a {file} already; name a new file") from error


def dump(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    database: Url = DEFAULT_URL,
) -> None:
    """Write the whole database into a file, after its audit log was verified.

    The file holds personal data and the hashes of passwords: keep it as you keep the database.
    """
    with closing(open_existing(database)) as opened:
        head = dumping.dump(opened, file)
    cli.tell(f"{file}: {head.entries} audit entries, last hash {head.head}")


def restore(
    file: Annotated[Path, typer.Argument(help="What `dump` wrote.")],
    database: Url = DEFAULT_URL,
) -> None:
    """Bring a dump back into a new database, SQLite or PostgreSQL, and verify that its audit log is whole and the same.

    What was erased after the dump is in it again: erase it once more.
    """
    dumping.read_head(file)  # before a database is made for it
    with closing(open_database(database)) as opened:
        head = dump_restoration.restore(opened, file)
    cli.tell(f"restored: {head.entries} audit entries, whole; last hash {head.head}")


def _whole(session: Session, expect: str | None = None, anchor: Anchor | None = None) -> audit_log.Verified:
    found = audit_log.verify(session)
    if faults := faults_of(session, found, expect, anchor):
        for fault in faults:
            cli.stdout.print(fault, highlight=False, soft_wrap=True)
        raise typer.Exit(cli.EXIT_COMPARISON_FAILED)
    return found


def _signed(anchor: Anchor, file: Path) -> Anchor:
    if not anchor.fits(_secret()):
        cli.stdout.print(f"{file} was not signed with this {SECRET}, or was changed", highlight=False, soft_wrap=True)
        raise typer.Exit(cli.EXIT_COMPARISON_FAILED)
    return anchor


def _secret() -> str:
    secret = os.environ.get(SECRET, "")
    if not secret:
        raise UserError(f"anchors are signed with the service's secret: set {SECRET}")
    return strong(secret)


def _require_hash(expect: str | None) -> None:
    if expect is not None and (len(expect) != 64 or set(expect) - set("0123456789abcdef")):
        raise UserError(f"{expect!r} is no hash of the audit log: it has 64 digits and letters a to f")
