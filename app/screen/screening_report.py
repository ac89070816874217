"""`python -m app screen`: what the service would make of words, line by line, and how that compares with labels."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import dspy
import typer
from pydantic import ValidationError
from rich.console import Console

from app.conduct.profile import DEFAULT, Profile, load_profile
from app.conversation.leases import CALL_TIMEOUT_S
from app.screen.comparison import tell_messages, tell_words
from app.screen.creditors import screen_words
from app.screen.debtors import ReadMessage, screen_message
from app.screen.expected import expected_message, expected_words
from app.screen.screened_lines import ScreenLine, read_lines
from data.amounts import minor_digits
from data.dimensions import DIMENSIONS
from data.domain import Debt
from data.messages.corpus import OUTSTANDING, STANDING
from data.terms import Terms
from plumbing import cli
from plumbing.errors import UserError
from programs.artifacts.store import ROOT as ARTIFACTS
from programs.artifacts.store import load_reader
from programs.debtor.person import model_reader
from programs.models import make as models
from programs.reader.readers import hear
from programs.reader.understood import Understood
from programs.table.failures import InfrastructureFailure
from programs.table.runner import TableState

STANDING_FIGURES = ",".join(f"{getattr(STANDING, one):g}" for one in DIMENSIONS)


def screen(  # noqa: PLR0913, PLR0917  (a command line)
    file: Annotated[Path | None, typer.Argument(help="Lines of text or JSON; standard input without one.")] = None,
    creditor: Annotated[bool, typer.Option("--creditor", help="They are a creditor's words.")] = False,
    profile: Annotated[str, typer.Option(help="Rules of conduct: neutral, us-reg-f, uk-conc, or a .toml file.")] = (
        DEFAULT
    ),
    lm: Annotated[str, typer.Option(help="local, local:FILE.gguf or a LiteLLM model string.")] = models.LOCAL,
    reader: Annotated[str | None, typer.Option(help="A compiled reader, such as reader@champion.")] = None,
    artifacts: Annotated[Path, typer.Option(help="Folder of the artifacts.")] = ARTIFACTS,
    no_model: Annotated[bool, typer.Option("--no-model", help="Code and classifier alone.")] = False,
    standing: Annotated[
        str, typer.Option(help="The creditor's offer: discount %, first payment %, days, instalments.")
    ] = STANDING_FIGURES,
    outstanding: Annotated[float, typer.Option(help="What is owed, in units of the currency.")] = OUTSTANDING,
    expect: Annotated[bool, typer.Option("--expect", help="Compare with the labels of the lines.")] = False,
) -> None:
    """Show what the service would make of words: a debtor's, or with --creditor a creditor's.

    A line is a text, or JSON with `text` and perhaps `currency`. For each a line of JSON is written: `text`, `outcome`
    (stop, hand_over, pause, answer, note, -), `signals`, `move`, `asks_back` and `understood`; for a creditor `text`,
    `breaches`, `worst` and `leaves`. Nothing is stored. Where a signal silences the program or is asked about, no
    move is told, as in the service.

    With --expect the labels `want`, `want_terms` and `topic`, or those of data.messages, are compared, and a table of
    counts and shares with their intervals goes to standard error.

    Example: `python -m app screen --no-model --expect data/messages/written/debtor-val.jsonl`.
    """
    rules = load_profile(profile)
    lines = list(read_lines(file))
    if creditor:
        _screen_creditor(lines, rules, expect)
    else:
        read = _by_code if no_model else _reading(lm, reader, artifacts)
        _screen_debtor(lines, rules, read, _terms(standing), outstanding, expect=expect)


def _screen_debtor(
    lines: list[ScreenLine],
    rules: Profile,
    read: ReadMessage | None,
    standing: Terms,
    outstanding: float,
    *,
    expect: bool,
) -> None:
    right = [expected_message(line, rules) for line in lines] if expect else []
    found = []
    for line in lines:
        try:
            found.append(screen_message(line.text, _debt(outstanding, line.currency), standing, rules, read))
        except InfrastructureFailure as failure:
            raise UserError(f"line {line.number}: the model could not be reached ({failure})") from failure
        _write(found[-1].row())
    if expect:
        tell_messages(_beside(), list(zip(found, right, strict=True)))


def _screen_creditor(lines: list[ScreenLine], rules: Profile, expect: bool) -> None:
    right = [expected_words(line) for line in lines] if expect else []
    found = []
    for line in lines:
        found.append(screen_words(line.text, rules))
        _write(found[-1].row())
    if expect:
        tell_words(_beside(), list(zip(found, right, strict=True)))


def _reading(lm: str, reader: str | None, artifacts: Path) -> ReadMessage:
    """What reads messages, as the service does.

    Raises:
        UserError: the model cannot be had, or the reader.
    """
    program = load_reader(reader, root=artifacts).reader if reader else None
    model = models.make_lm(lm, cache=False, timeout_s=CALL_TIMEOUT_S)
    models.check_lm(model)
    ask = model_reader(lambda: model, program)

    def read(text: str, table: TableState, debt: Debt) -> Understood:
        with dspy.context(lm=model, trace=None, disable_history=True):
            return hear(text, ask, table, debt, date.today())

    return read


def _by_code(text: str, table: TableState, debt: Debt) -> Understood:
    return hear(text, None, table, debt, date.today())


def _terms(text: str) -> Terms:
    try:
        values = [float(one.strip().removesuffix("%")) for one in text.split(",")]
        return Terms.model_validate(dict(zip(DIMENSIONS, values, strict=True)))
    except (ValueError, ValidationError) as error:
        wanted = "discount %, first payment %, days, instalments"
        raise UserError(f"--standing {text!r} is no offer; write four figures ({wanted}), such as 0,20,7,12") from error


def _debt(outstanding: float, currency: str) -> Debt:
    minor = round(outstanding * 10 ** minor_digits(currency)) if 0 < outstanding < 10**12 else 0
    if minor < 1:
        raise UserError(f"--outstanding {outstanding:g} is no debt; write what is owed, such as 6000")
    return Debt(product="loan", principal=minor, outstanding=minor, overdue_days=90, currency=currency)


def _write(row: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")
    sys.stdout.flush()


def _beside() -> Console:
    return cli.stderr if cli.stderr.is_terminal else Console(stderr=True, width=cli.PIPE_WIDTH, markup=False)
