"""`python -m app`: run the negotiation service, and look after it."""

from __future__ import annotations

import os
import secrets
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.access.administration import account_lines, administer
from app.access.links import SECRET, Links
from app.access.operators import Operators
from app.conduct.profile import DEFAULT, load_profile
from app.conversation.house import House
from app.conversation.leases import CALL_TIMEOUT_S
from app.conversation.negotiations import Negotiations
from app.database.opening import open_database, open_existing
from app.database.tables import Role
from app.database.transactions import DEFAULT_URL
from app.privacy import retention
from app.record.record_commands import Url, audit, dump, restore
from app.screen.screening_report import screen
from app.telemetry.logs import LogFormat, set_up
from data.accounts import Accounts, read_accounts
from data.book import DebtorBook, read_book
from plumbing import cli
from plumbing.errors import UserError
from programs.artifacts.store import ROOT as ARTIFACTS
from programs.artifacts.store import load_reader
from programs.debtor.person import model_reader
from programs.models import make as models
from programs.playing.contestants import contestant
from wording.tags import SOURCE, require_spoken

if TYPE_CHECKING:
    import dspy
    from fastapi.telemetry import TelemetryConfig

    from programs.maden import Maden
    from programs.playing.rule_program import RuleProgram
    from programs.reader.readers import Reader

PASSWORD = "MADEN_OPERATOR_PASSWORD"
COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"
WITHOUT_MODEL = "a rule negotiates, and words are read by code and classifiers alone: no model is asked for anything"

app = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False, no_args_is_help=False)
app.command()(screen)
app.command()(dump)
app.command()(restore)
app.add_typer(audit, name="audit")


@app.callback(invoke_without_command=True)
def serve(  # noqa: PLR0913, PLR0917  (a command line)
    ctx: typer.Context,
    artifact: Annotated[
        str,
        typer.Option(
            help="The program: an artifact (maden@champion, a path), a variant (maden) or a rule (rational: no model)."
        ),
    ] = "maden",
    lm: Annotated[str, typer.Option(help="local, local:FILE.gguf or a LiteLLM model string.")] = models.LOCAL,
    book: Annotated[Path | None, typer.Option(help="A debtor book; default: the shipped one, for tries.")] = None,
    accounts: Annotated[
        Path | None, typer.Option(help="Instead of a book: accounts, without anybody's finances (docs/formats.md).")
    ] = None,
    profile: Annotated[str, typer.Option(help="Rules of conduct: neutral, us-reg-f, uk-conc, or a .toml file.")] = (
        DEFAULT
    ),
    lang: Annotated[
        str | None,
        typer.Option(
            help="What is spoken with a debtor whose account does not say: en, es, zh.",
            show_default="the profile's language, or en",
        ),
    ] = None,
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
    log_format: Annotated[
        LogFormat, typer.Option(help="Of the lines on standard error; neither has words of people in it.")
    ] = LogFormat.PLAIN,
    traces: Annotated[
        str | None,
        typer.Option(
            envvar=COLLECTOR, help="OpenTelemetry collector, such as http://localhost:4318; needs maden\\[traces]."
        ),
    ] = None,
) -> None:
    """Run the service: a REST API (its page: /api/docs) that negotiates with real people.

    Debtor links are signed with the secret in the environment variable MADEN_APP_SECRET, of at least 32 bytes; without
    one a secret is made up, and links end with the process. Operators are set with `python -m app operator NAME`.
    Every message is stored before it is answered: stopped at any moment, the service goes on where it was.

    A model outside this machine reads placeholders such as [NAME] and [EMAIL A] instead of personal data, as far as
    rules find it: names of other people and an address in unusual words are not found. The record keeps the words.

    Examples: `python -m app --artifact rational` for a first look without a model;
    `MADEN_APP_SECRET=... python -m app --artifact maden@champion --accounts mine.csv --profile us-reg-f`.
    """
    if ctx.invoked_subcommand is not None:
        return
    if book is not None and accounts is not None:
        raise UserError("name a --book or --accounts, not both")
    from app.api.parts import Parts
    from app.conversation.warming import begin_to_warm
    from app.conversation.worker import Worker
    from app.server import create_app, set_for_serving
    from app.serving.listener import listen

    secret = os.environ.get(SECRET, "")
    links = Links(secret or secrets.token_hex(32))
    store = open_database(database)
    hides = outside(lm) if redact is None else redact
    cases = read_accounts(accounts) if accounts is not None else read_book(book)
    negotiations = Negotiations(store, _house(artifact, reader, lm, cases, profile, lang, artifacts, hides))
    if (model := negotiations.house.lm) is not None:
        models.check_lm(model)
    set_up(log_format)
    begin_to_warm(negotiations.house)
    cli.tell(_told(lm, hides) if model is not None else WITHOUT_MODEL)
    if silent := negotiations.house.unspoken():
        cli.tell(silent)
    if not secret:
        cli.tell(f"{SECRET} is not set: debtor links that are made now end with this process")
    url = base_url or f"http://{host}:{port}"
    parts = Parts(negotiations, links, Operators(store), Worker(negotiations, threads), url)
    cli.tell(f"maden negotiates at {url}; its operators' page: {url}/operator; its API: {url}/api/docs")
    with _traced(traces, negotiations.house.program) as telemetry:
        application = create_app(parts, telemetry)
        set_for_serving()
        listen(application, host, port)


@app.command()
def operator(
    name: Annotated[str | None, typer.Argument(help="As the audit log is to call the operator.")] = None,
    role: Annotated[
        Role | None, typer.Option(help="Of a new operator (default: acts), or the new one of an old one.")
    ] = None,
    lock: Annotated[bool, typer.Option("--lock", help="Let the operator log in no more.")] = False,
    unlock: Annotated[bool, typer.Option("--unlock", help="Let the operator log in again.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Delete the account.")] = False,
    second_factor: Annotated[
        bool | None,
        typer.Option(
            help="Ask for a code (TOTP) at each login; prints the address for an authenticator.", show_default=False
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print all operators.")] = False,
    database: Url = DEFAULT_URL,
) -> None:
    """Add an operator, give one a new password, lock or remove one, or ask one for a second factor.

    The password is asked for, or read from MADEN_OPERATOR_PASSWORD. Whatever changes ends the operator's logins.
    """
    if name is None and not list_:
        raise UserError("name an operator, or write --list")
    changes = {
        "--lock": lock,
        "--unlock": unlock,
        "--remove": remove,
        "--second-factor": second_factor is True,
        "--no-second-factor": second_factor is False,
    }
    with closing(open_database(database)) as store:
        if name is not None:
            asked = [option for option, wanted in changes.items() if wanted]
            told = administer(store, name, asked, role, _password)
            cli.stderr.print(told, highlight=False, soft_wrap=True)
        for line in account_lines(store) if list_ else ():
            cli.stdout.print(line, highlight=False, soft_wrap=True)


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


def _password() -> str:
    given: str = os.environ.get(PASSWORD) or typer.prompt("password", hide_input=True, confirmation_prompt=True)
    return given


def _traced(collector: str | None, program: Maden | RuleProgram) -> AbstractContextManager[TelemetryConfig | None]:
    if not collector:
        return nullcontext()
    try:
        from app.telemetry.traces import traced
    except ImportError as error:
        raise UserError("traces need more packages: pip install 'maden[traces]'") from error
    return traced(collector, program)


def outside(lm: str) -> bool:
    """Whether a model is not in this process; a server on this machine counts as outside, since it may keep a log."""
    return lm != models.LOCAL and not lm.startswith(f"{models.LOCAL}:")


def _told(lm: str, redacts: bool) -> str:
    if redacts:
        return f"{lm} reads placeholders instead of the personal data that rules find (--no-redact sends all words)"
    warning = ": the model is outside this machine" if outside(lm) else "; the model is in this process"
    return f"personal data is not redacted{warning}"


def _house(
    artifact: str,
    reader: str | None,
    lm: str,
    cases: DebtorBook | Accounts,
    profile: str,
    lang: str | None,
    artifacts: Path,
    redact: bool,
) -> House:
    rules = load_profile(profile)
    found = contestant(artifact, artifacts=artifacts)
    needed = found.kind != "baseline" or lm != models.LOCAL or reader is not None
    # what debtors write is in the database alone, where it can be erased: no cache
    model = models.make_lm(lm, cache=False, timeout_s=CALL_TIMEOUT_S) if needed else None
    return House(
        program=found.served(),
        artifact=artifact,
        program_sha256=found.fingerprint,
        lm=model,
        reader=None if model is None else _reader(model, reader, artifacts),
        profile=rules,
        book=cases,
        language=require_spoken(lang or rules.language or SOURCE),
        redact=redact,
    )


def _reader(model: dspy.LM, name: str | None, artifacts: Path) -> Reader:
    return model_reader(lambda: model, load_reader(name, root=artifacts).reader if name else None)


if __name__ == "__main__":
    cli.run_app(app, "python -m app")
