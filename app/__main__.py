"""`python -m app`: run the negotiation service, and look after it."""

from __future__ import annotations

import os
import secrets
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from app.access.links import Links
from app.access.operators import Operators
from app.conduct.profile import DEFAULT, load_profile
from app.conversation.house import House
from app.conversation.leases import CALL_TIMEOUT_S
from app.conversation.negotiations import Negotiations
from app.database.opening import open_database, open_existing
from app.database.transactions import DEFAULT_URL
from app.privacy import retention
from app.record.command import Url, audit, dump, restore
from app.screen.command import screen
from data.book import read_book
from plumbing import cli
from programs.artifacts.store import ROOT as ARTIFACTS
from programs.artifacts.store import load_reader
from programs.debtor.person import model_reader
from programs.models import make as models
from programs.playing.contestants import contestant

SECRET = "MADEN_APP_SECRET"
PASSWORD = "MADEN_OPERATOR_PASSWORD"

app = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False, no_args_is_help=False)
app.command()(screen)
app.command()(dump)
app.command()(restore)
app.add_typer(audit, name="audit")


@app.callback(invoke_without_command=True)
def serve(  # noqa: PLR0913, PLR0917  (a command line)
    ctx: typer.Context,
    artifact: Annotated[
        str, typer.Option(help="The program: an artifact (maden@champion, a path) or a variant (maden).")
    ] = "maden",
    lm: Annotated[str, typer.Option(help="local, local:FILE.gguf or a LiteLLM model string.")] = models.LOCAL,
    book: Annotated[Path | None, typer.Option(help="A debtor book; default: the shipped one, for tries.")] = None,
    profile: Annotated[str, typer.Option(help="Rules of conduct: neutral, us-reg-f, uk-conc, or a .toml file.")] = (
        DEFAULT
    ),
    reader: Annotated[
        str | None, typer.Option(help="A compiled reader of what debtors write, such as reader@champion.")
    ] = None,
    artifacts: Annotated[Path, typer.Option(help="Folder of the artifacts.")] = ARTIFACTS,
    database: Url = DEFAULT_URL,
    host: Annotated[str, typer.Option(help="Address to listen on; put a TLS proxy before any but this one.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    base_url: Annotated[str | None, typer.Option(help="Where debtors reach the service, for their links.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=512, help="Answers at once; 1 for an embedded model.")] = 1,
    redact: Annotated[
        bool | None,
        typer.Option(
            help="Keep names, addresses, numbers of accounts and telephones from the model.",
            show_default="on, but off for local and local:...",
        ),
    ] = None,
) -> None:
    """Run the service: a REST API (its page: /api/docs) that negotiates with real people.

    Debtor links are signed with the secret in the environment variable MADEN_APP_SECRET; without one a secret is made
    up, and links end with the process. Operators are set with `python -m app operator NAME`. Every message is stored
    before it is answered: stopped at any moment, the service goes on where it was.

    A model outside this machine reads placeholders such as [NAME] and [EMAIL A] instead of personal data, as far as
    rules find it: names of other people and an address in unusual words are not found. The record keeps the words.

    Example: `MADEN_APP_SECRET=... python -m app --artifact maden@champion --profile us-reg-f`.
    """
    if ctx.invoked_subcommand is not None:
        return
    import uvicorn

    from app.api.parts import Parts
    from app.conversation.warming import begin_to_warm
    from app.conversation.worker import Worker
    from app.server import create_app, set_for_serving

    store = open_database(database)
    hides = outside(lm) if redact is None else redact
    negotiations = Negotiations(store, _house(artifact, reader, lm, book, profile, artifacts, hides))
    models.check_lm(negotiations.house.lm)
    begin_to_warm(negotiations.house)
    cli.stderr.print(_told(lm, hides), highlight=False)
    secret = os.environ.get(SECRET, "")
    if not secret:
        secret = secrets.token_hex(32)
        cli.stderr.print(f"{SECRET} is not set: debtor links that are made now end with this process", highlight=False)
    url = base_url or f"http://{host}:{port}"
    parts = Parts(negotiations, Links(secret), Operators(store), Worker(negotiations, threads), url)
    cli.stderr.print(f"maden negotiates at {url}; its API: {url}/api/docs", highlight=False)
    application = create_app(parts)
    set_for_serving()
    uvicorn.run(application, host=host, port=port, log_level="warning")


@app.command()
def operator(name: str, database: Url = DEFAULT_URL) -> None:
    """Add an operator, or give one a new password; it is asked for, or read from MADEN_OPERATOR_PASSWORD."""
    password = os.environ.get(PASSWORD) or typer.prompt("password", hide_input=True, confirmation_prompt=True)
    Operators(open_database(database)).add(name, password)
    cli.stderr.print(f"{name} may log in", highlight=False)


@app.command()
def erase(case_id: str, database: Url = DEFAULT_URL) -> None:
    """Delete every conversation about a case, as somebody may ask for."""
    with closing(open_existing(database)) as opened:
        number = retention.erase(opened, case_id, "command line")
    cli.stdout.print(f"{number} conversations about {case_id} deleted", highlight=False)


@app.command()
def retain(days: Annotated[int, typer.Argument(min=1)], database: Url = DEFAULT_URL) -> None:
    """Delete conversations in which nobody has written for so many days; what was abandoned ends first.

    Where a debtor waits for an answer, or for a person, nothing is deleted.
    """
    with closing(open_existing(database)) as opened:
        number = retention.retain(opened, days, "command line")
    cli.stdout.print(f"{number} conversations deleted", highlight=False)


def outside(lm: str) -> bool:
    """Whether a model is not in this process; a server on this machine counts as outside, since it may keep a log."""
    return lm != models.LOCAL and not lm.startswith(f"{models.LOCAL}:")


def _told(lm: str, redacts: bool) -> str:
    if redacts:
        return f"{lm} reads placeholders instead of the personal data that rules find (--no-redact sends all words)"
    warning = ": the model is outside this machine" if outside(lm) else "; the model is in this process"
    return f"personal data is not redacted{warning}"


def _house(
    artifact: str, reader: str | None, lm: str, book: Path | None, profile: str, artifacts: Path, redact: bool
) -> House:
    found = contestant(artifact, artifacts=artifacts)
    model = models.make_lm(
        lm, cache=False, timeout_s=CALL_TIMEOUT_S
    )  # what debtors write is in the database alone, where it can be erased
    return House(
        program=found.own_program("be served"),
        artifact=artifact,
        program_sha256=found.fingerprint,
        lm=model,
        reader=model_reader(lambda: model, load_reader(reader, root=artifacts).reader if reader else None),
        profile=load_profile(profile),
        book=read_book(book),
        redact=redact,
    )


if __name__ == "__main__":
    cli.run_app(app, "python -m app")
