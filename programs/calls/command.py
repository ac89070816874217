"""`python -m metrics.transcripts`: transcripts of calls become negotiation records, to score and to compare."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from data.accounts import read_accounts
from data.book import read_book
from data.policy import read_policy
from data.transcripts.call_log import read_calls
from data.transcripts.column_names import Columns, Part
from data.transcripts.parties import Sides
from plumbing import cli
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.artifacts.store import ROOT as ARTIFACTS
from programs.artifacts.store import load_reader
from programs.calls.debts import DebtLedger
from programs.calls.recording import CallRecords, recorded
from programs.debtor.person import model_reader
from programs.models.make import check_lm, make_lm
from programs.reader.readers import Reader
from programs.table.failures import InfrastructureFailure


def transcripts(  # noqa: PLR0913, PLR0917  (a command line)
    log: Annotated[Path, typer.Argument(help="A .json, .jsonl, .csv, .xlsx, .parquet, .txt or .vtt file of calls.")],
    out: Annotated[Path, typer.Option(help="Where the records go, one a line.")],
    accounts: Annotated[
        Path | None, typer.Option(help="The debts, as accounts; found by the case or call id. Without them: as told.")
    ] = None,
    book: Annotated[Path | None, typer.Option(help="A debtor book: the debts, and the debtors' finances too.")] = None,
    policy: Annotated[
        Path | None, typer.Option(help="TOML or JSON file with your people's limits; without it nothing is outside.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217 code of what the calls name.")] = None,
    day: Annotated[
        str | None, typer.Option("--date", help='Day of the calls that do not say theirs, "by Friday" counts from it.')
    ] = None,
    creditor: Annotated[list[str] | None, typer.Option(help="A speaker who is one of your people; repeatable.")] = None,
    debtor: Annotated[list[str] | None, typer.Option(help="A speaker who is a debtor; repeatable.")] = None,
    speaker_column: Annotated[str | None, typer.Option(help="Column or key of who speaks.")] = None,
    text_column: Annotated[str | None, typer.Option(help="Column or key of what is said.")] = None,
    call_column: Annotated[str | None, typer.Option(help="Column or key of which call it is.")] = None,
    reader: Annotated[str | None, typer.Option(help="A compiled reader: reader@1, a path; needs --lm.")] = None,
    lm: Annotated[
        str | None, typer.Option(help="Read the debtors' words with this model too; without it by code alone.")
    ] = None,
    artifacts: Annotated[Path, typer.Option(help="Folder of the artifacts.")] = ARTIFACTS,
) -> None:
    """Make negotiation records of call transcripts: what each line offers, accepts, rejects and asks.

    Example: `python -m metrics.transcripts calls.csv --out calls.jsonl`, then `python -m metrics.score calls.jsonl`.

    Speakers, words and calls are found by their usual names (agent, collector, customer, SPEAKER_00, ...).
    """
    cli.require_writable(out)
    named = {"speaker": speaker_column, "text": text_column, "call": call_column}
    parts: dict[Part, str] = {part: name for part, name in named.items() if name}  # type: ignore[misc]
    ledger = DebtLedger(
        accounts=read_accounts(accounts) if accounts else None,
        book=read_book(book) if book else None,
        currency=_currency(currency),
    )
    limits = read_policy(policy) if policy else None
    sides, on = Sides(tuple(creditor or ()), tuple(debtor or ())), _day(day)
    asked = _reader(reader, lm, artifacts)
    try:
        found = recorded(read_calls(log, Columns(parts)), ledger, sides=sides, policy=limits, on=on, reader=asked)
    except InfrastructureFailure as failure:
        raise UserError(f"the model that reads failed ({failure}); run the same command again") from failure
    _write(found, out)


def _write(found: CallRecords, out: Path) -> None:
    lines = (record.model_dump_json(exclude_none=True) + "\n" for record in found.records)
    replace_file(out, "".join(lines).encode())
    cli.tell(*found.told)
    agreed = sum(record.agreed is not None for record in found.records)
    said = f"{len(found.records)} records written to {out}, {agreed} with an agreement"
    cli.stdout.print(said, soft_wrap=True, highlight=False)


def _reader(reader: str | None, lm: str | None, artifacts: Path) -> Reader | None:
    if lm is None:
        if reader is not None:
            raise UserError("a compiled reader reads with a model; name one with --lm, such as --lm local")
        return None
    model = make_lm(lm)
    check_lm(model)
    return model_reader(lambda: model, load_reader(reader, root=artifacts).reader if reader else None)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UserError(f"--date {text!r} is no date; write it as 2026-01-31") from None


def _currency(text: str | None) -> str | None:
    if text is not None and not (text.isascii() and text.isalpha() and len(text) == len("USD")):
        raise UserError(f"--currency {text!r} is no currency; write its ISO 4217 code, such as USD")
    return text.upper() if text else None
