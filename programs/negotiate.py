"""`python -m programs.negotiate`: play one negotiation and read it as it unfolds."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import dspy
import typer

from data.accounts import read_accounts
from data.book import read_book
from data.domain import AccountRecord, CreditorView, Debt, DebtCase, Ending, Negotiation, Turn
from data.policy import read_policy
from data.spoken_with import spoken_with
from metrics.evaluator import score, score_accounts
from plumbing import cli
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.command_options import ArtifactsOption, BookOption, DebtorLmOption, DebtorOption, LmOption, PolicyOption
from programs.creditor.settings import Variant
from programs.debtor.person import HELP, PersonDebtor, model_reader
from programs.debtor.seating import debtor_factory
from programs.models import make as models
from programs.playing.contestants import ARTIFACTS, Contestant, NamedModel, contestant, variant_or_baseline
from programs.table.runner import DebtorSeat, TableState, meet, play
from programs.table.transcript import Transcript, WatchedCreditor, WatchedDebtor, plain, scorecard_table
from wording.tags import require_spoken

NO_MODEL_READS = "No model reads along: of your own words what is definite counts. --lm names a model that does."


def negotiate(  # noqa: PLR0913, PLR0917  (a command line)
    case: Annotated[str, typer.Option(help="Id of the debtor in the book, or of the account.")],
    artifact: Annotated[str | None, typer.Argument(help="A compiled program: maden@3, maden@champion, a path.")] = None,
    variant: Annotated[
        str | None, typer.Option(help="Instead of an artifact: maden (default), planned, judged, vanilla, or a rule.")
    ] = None,
    lm: LmOption = models.LOCAL,
    book: BookOption = None,
    accounts: Annotated[
        Path | None, typer.Option(help="Instead of a book, with --as-debtor: accounts (docs/formats.md).")
    ] = None,
    policy: PolicyOption = None,
    seed: Annotated[int, typer.Option(help="Of the debtor's behaviour.")] = 0,
    debtor: DebtorOption = "simulated",
    debtor_lm: DebtorLmOption = None,
    as_debtor: Annotated[bool, typer.Option("--as-debtor", help="You are the debtor.")] = False,
    language: Annotated[
        str | None,
        typer.Option(
            help="Of the simulated debtor: en, es, zh.", show_default="that of --lang or the book, or English"
        ),
    ] = None,
    lang: Annotated[
        str | None,
        typer.Option(help="Of the creditor: en, es, zh.", show_default="what the account says, or English"),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the record there, for metrics.score.")] = None,
    show_private: Annotated[
        bool, typer.Option("--show-private", help="Also thoughts, ladder, judge, guard and the debtor's finances.")
    ] = False,
    artifacts: ArtifactsOption = ARTIFACTS,
) -> None:
    """Play one negotiation and print it, with the repayment schedule and the scorecard.

    Example: `python -m programs.negotiate maden@champion --case d-0001 --show-private`; without a model:
    `python -m programs.negotiate --variant boulware --case d-0001`; yourself as the debtor: add `--as-debtor`, and
    `--accounts FILE` to sit opposite your own program about one of your accounts.
    """
    if artifact is not None and variant is not None:
        raise UserError("name an artifact or a --variant, not both")
    cli.require_writable(json)
    chosen = _spoken_to(_chosen(case, book, accounts, as_debtor), lang)
    model = NamedModel(lm)
    debtor_model = NamedModel(debtor_lm) if debtor_lm else model
    debtors = debtor_factory(debtor, debtor_model, language)
    limits = read_policy(policy)
    if artifact:
        creditor = contestant(artifact, artifacts=artifacts)
    else:
        creditor = variant_or_baseline(variant or Variant.MADEN, policy=limits)
    if creditor.needs_lm:
        models.check_lm(model.get())
    if debtor == "lm" and not as_debtor and not debtor_model.made:
        models.check_lm(debtor_model.get())
    console = cli.results()
    transcript = Transcript(console, chosen, show_private)
    transcript.opening(creditor.label, seed)
    if as_debtor or isinstance(chosen, CreditorView):
        reads = creditor.needs_lm or lm != models.LOCAL
        seat: DebtorSeat = _person(chosen.debt, transcript, model if reads else None)
    else:
        seat = debtors(chosen, seed)
    with dspy.context(lm=model.get()) if creditor.needs_lm else contextlib.nullcontext():
        negotiation = _played(creditor, chosen, seat, seed, transcript)
    _report(negotiation, transcript, json)


def _chosen(case: str, book: Path | None, accounts: Path | None, as_debtor: bool) -> DebtCase | CreditorView:
    if accounts is None:
        return read_book(book).case(case)
    if book is not None:
        raise UserError("name a --book or --accounts, not both")
    if not as_debtor:
        hint = "add --as-debtor to be the debtor, or make a book of them with `python -m data.completing`"
        raise UserError(f"accounts hold no finances that a simulated debtor could answer from; {hint}")
    return read_accounts(accounts).view(case)


def _spoken_to(case: DebtCase | CreditorView, lang: str | None) -> DebtCase | CreditorView:
    """The case with the language that was asked for."""
    return case if lang is None else spoken_with(case, require_spoken(lang))


def _person(debt: Debt, transcript: Transcript, model: NamedModel | None) -> PersonDebtor:
    """The person at the keyboard; beside a rule no model is loaded to read words, unless one was named."""
    if not transcript.private:
        transcript.finances("You are this debtor; only you know")
    say = lambda text: transcript.console.print(plain(text))  # noqa: E731
    say(HELP if model is not None else f"{HELP}\n{NO_MODEL_READS}")
    return PersonDebtor(debt, ask, say, None if model is None else model_reader(model.get))


def ask(prompt: str) -> str:
    """One line from the keyboard; the prompt goes to stderr so that stdout stays the transcript.

    Raises:
        UserError: what was typed or piped in is no UTF-8.
    """
    cli.stderr.print(prompt, end="", highlight=False)
    try:
        return input()
    except UnicodeDecodeError as error:
        raise UserError("what stands on standard input is not UTF-8; convert it, for example with iconv") from error


def _played(
    creditor: Contestant, case: DebtCase | CreditorView, debtor: DebtorSeat, seed: int, transcript: Transcript
) -> Negotiation | AccountRecord:
    seat = creditor.seat(case if isinstance(case, CreditorView) else case.creditor_view(), seed)

    def show(turn: Turn, table: TableState) -> None:
        transcript.turn(turn, table)
        transcript.ladder(tuple(seat.ladder))

    watched, answering = WatchedCreditor(seat, creditor.policy, show), WatchedDebtor(debtor, transcript.turn)
    try:
        if isinstance(case, CreditorView):
            outcome = meet(watched, answering, creditor.policy, language=case.debtor.language)
            return AccountRecord(case=case, policy=creditor.policy, seed=seed, **vars(outcome))
        return play(case, watched, answering, creditor.policy, seed)
    except KeyboardInterrupt:
        cli.stderr.print("\ninterrupted: nothing is agreed, nothing is written")
        raise


def _report(record: Negotiation | AccountRecord, transcript: Transcript, json: Path | None) -> None:
    transcript.ending(record)
    if json is not None:
        replace_file(json, f"{record.model_dump_json(exclude_none=True)}\n".encode())
        cli.stderr.print(f"record written to {json}", soft_wrap=True, highlight=False)
    if record.ending is Ending.INFRASTRUCTURE:
        raise UserError(f"the model failed ({record.failure}); nothing is scored, try again")
    if isinstance(record, Negotiation):
        transcript.console.print(scorecard_table(score(record)))
        return
    transcript.console.print(scorecard_table(score_accounts([record])[0]))
    transcript.console.print("The rest is not scored: that needs the debtor's finances, and an account holds none.")


if __name__ == "__main__":
    cli.run(negotiate, "python -m programs.negotiate")
