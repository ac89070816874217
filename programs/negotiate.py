"""`python -m programs.negotiate`: play one negotiation and read it as it unfolds."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import dspy
import typer

from data.book import read_book
from data.domain import DebtCase, Ending, Negotiation, Turn
from data.policy import read_policy
from metrics.evaluator import score
from plumbing import cli
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.creditor.settings import Variant
from programs.debtor.person import HELP, PersonDebtor, model_reader
from programs.debtor.seating import debtor_factory
from programs.models import make as models
from programs.options import ArtifactsOption, BookOption, DebtorLmOption, DebtorOption, LmOption, PolicyOption
from programs.playing.contestants import ARTIFACTS, Contestant, NamedModel, contestant, variant_or_baseline
from programs.table.runner import DebtorSeat, TableState, play
from programs.table.transcript import Transcript, WatchedCreditor, WatchedDebtor, plain, scorecard_table
from wording.tags import require_spoken


def negotiate(  # noqa: PLR0913, PLR0917  (a command line)
    case: Annotated[str, typer.Option(help="Id of the debtor in the book.")],
    artifact: Annotated[str | None, typer.Argument(help="A compiled program: maden@3, maden@champion, a path.")] = None,
    variant: Annotated[
        str | None, typer.Option(help="Instead of an artifact: maden (default), planned, judged, vanilla, or a rule.")
    ] = None,
    lm: LmOption = models.LOCAL,
    book: BookOption = None,
    policy: PolicyOption = None,
    seed: Annotated[int, typer.Option(help="Of the debtor's behaviour.")] = 0,
    debtor: DebtorOption = "simulated",
    debtor_lm: DebtorLmOption = None,
    as_debtor: Annotated[bool, typer.Option("--as-debtor", help="You are the debtor.")] = False,
    language: Annotated[str, typer.Option(help="Of the simulated debtor: en or zh.")] = "en",
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
    `python -m programs.negotiate --variant boulware --case d-0001`; yourself as the debtor: add `--as-debtor`.
    """
    if artifact is not None and variant is not None:
        raise UserError("name an artifact or a --variant, not both")
    cli.require_writable(json)
    chosen = _spoken_to(read_book(book).case(case), lang)
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
    seat = _person(chosen, transcript, model) if as_debtor else debtors(chosen, seed)
    with dspy.context(lm=model.get()) if creditor.needs_lm else contextlib.nullcontext():
        negotiation = _played(creditor, chosen, seat, seed, transcript)
    _report(negotiation, transcript, json)


def _spoken_to(case: DebtCase, lang: str | None) -> DebtCase:
    """The case with the language that was asked for."""
    if lang is None:
        return case
    debtor = case.debtor.model_copy(update={"language": require_spoken(lang)})
    return case.model_copy(update={"debtor": debtor})


def _person(case: DebtCase, transcript: Transcript, model: NamedModel) -> PersonDebtor:
    if not transcript.private:
        transcript.finances("You are this debtor; only you know")
    say = lambda text: transcript.console.print(plain(text))  # noqa: E731
    say(HELP)
    return PersonDebtor(case, ask, say, model_reader(model.get))


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


def _played(creditor: Contestant, case: DebtCase, debtor: DebtorSeat, seed: int, transcript: Transcript) -> Negotiation:
    seat = creditor.seat(case.creditor_view(), seed)

    def show(turn: Turn, table: TableState) -> None:
        transcript.turn(turn, table)
        transcript.ladder(tuple(seat.ladder))

    watched = WatchedCreditor(seat, creditor.policy, show)
    try:
        return play(case, watched, WatchedDebtor(debtor, transcript.turn), creditor.policy, seed)
    except KeyboardInterrupt:
        cli.stderr.print("\ninterrupted: nothing is agreed, nothing is written")
        raise


def _report(negotiation: Negotiation, transcript: Transcript, json: Path | None) -> None:
    transcript.ending(negotiation)
    if json is not None:
        replace_file(json, f"{negotiation.model_dump_json(exclude_none=True)}\n".encode())
        cli.stderr.print(f"record written to {json}", soft_wrap=True, highlight=False)
    if negotiation.ending is Ending.INFRASTRUCTURE:
        raise UserError(f"the model failed ({negotiation.failure}); nothing is scored, try again")
    transcript.console.print(scorecard_table(score(negotiation)))


if __name__ == "__main__":
    cli.run(negotiate, "python -m programs.negotiate")
