"""`python -m programs.audit`: can the debtor that every number rests on be trusted?"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from data.book import read_book
from data.domain import DebtCase
from plumbing import cli
from plumbing.errors import UserError
from programs.audit.checks import CHECKS, Check, CheckResult, repeats_itself
from programs.audit.probes import SeatFactory
from programs.command_options import ClusterOption, CpusOption, GpusOption, ThreadsOption, WorkersOption
from programs.debtor.personas import persona_of
from programs.debtor.seating import DEBTORS, debtor_seat
from programs.debtor.voice import LANGUAGES, Language
from programs.playing.executor import Executor
from programs.playing.placing import Place
from programs.table.failures import InfrastructureFailure

DEFAULT_CASES = {"simulated": 60, "lm": 6}
"""Six personas want at least six debtors; a language model takes seconds a turn."""


def audit(
    seats: SeatFactory,
    cases: Sequence[DebtCase],
    seed: int = 0,
    on_check: Callable[[str], None] | None = None,
    again: SeatFactory | None = None,
    executor: Executor | None = None,
) -> list[CheckResult]:
    """Every check of a debtor, in order.

    Args:
        seats: makes a fresh debtor for a case and a seed.
        cases: whom it plays; all personas should be among them.
        seed: the debtors' seed.
        on_check: told the name of each check before it begins.
        again: makes the same debtors without a cache of their answers; plays the second of two equal dialogues.
        executor: where each check plays its dialogues; None for this thread.
    """
    executor = executor or Executor()
    checks = CHECKS | {"seed": partial(repeats_itself, again=again)}
    tasks = [partial(_checked, executor, name, check, seats, cases, seed, on_check) for name, check in checks.items()]
    return [finding for _, finding in sorted(executor.play(tasks), key=itemgetter(0))]


def _checked(
    executor: Executor,
    name: str,
    check: Check,
    seats: SeatFactory,
    cases: Sequence[DebtCase],
    seed: int,
    on_check: Callable[[str], None] | None,
) -> CheckResult:
    if on_check:
        on_check(name)
    try:
        return executor.working(partial(check, seats))(cases, seed)
    except InfrastructureFailure as failure:
        return CheckResult(name, False, f"not measured: {failure.kind}: {failure}", "the debtor answers")


def across_personas(cases: Sequence[DebtCase], count: int) -> list[DebtCase]:
    """The first `count` cases when the personas take turns."""
    by_persona: dict[str, list[DebtCase]] = defaultdict(list)
    for case in cases:
        by_persona[persona_of(case)].append(case)
    turns = itertools.zip_longest(*(by_persona[persona] for persona in sorted(by_persona)))
    return [case for turn in turns for case in turn if case is not None][:count]


def main(  # noqa: PLR0913, PLR0917  (a command line)
    debtor: Annotated[str, typer.Option(help="who is audited: simulated or lm")] = "simulated",
    lm: Annotated[str, typer.Option(help="the LM debtor's model: local, local:FILE.gguf or a LiteLLM name")] = "local",
    cases: Annotated[int | None, typer.Option(min=1, help="how many debtors; default 60, for an LM 6")] = None,
    book: Annotated[Path | None, typer.Option(help="a debtor book; default the shipped one")] = None,
    language: Annotated[str, typer.Option(help="of the simulated debtor's words: en, es or zh")] = "en",
    seed: Annotated[int, typer.Option(help="the debtors' seed")] = 0,
    threads: ThreadsOption = 1,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    cpus_per_worker: CpusOption = None,
    gpus_per_worker: GpusOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False,
) -> None:
    """Audit the debtor: does it hear, keep its floor, stay in role, and concede as its persona says?

    Exits with status 1 when a check fails.

    Example: python -m programs.audit --debtor lm --lm local --cases 6
    """
    if debtor not in DEBTORS:
        raise UserError(f"no debtor is called {debtor!r}; there are {' and '.join(DEBTORS)}")
    if language not in LANGUAGES:
        raise UserError(f"no debtor speaks {language!r}; there are {', '.join(LANGUAGES)}")
    chosen = across_personas(read_book(book).cases, cases or DEFAULT_CASES[debtor])
    place = Place(threads, cluster, workers, cpus_per_worker, gpus_per_worker)
    seats, again = _seats(debtor, lm, language)
    with place.executor() as executor:
        findings = audit(seats, chosen, seed, _tell, again, executor)
    _report(findings, f"{debtor} debtor, {len(chosen)} debtors, seed {seed}", as_json)
    if not all(finding.passed for finding in findings):
        raise typer.Exit(cli.EXIT_COMPARISON_FAILED)


def _tell(name: str) -> None:
    cli.stderr.print(f"checking: {name}", style="dim")


def _seats(debtor: str, model: str, language: Language) -> tuple[SeatFactory, SeatFactory]:
    """The debtors, and the same ones without a cache of their model's answers."""
    if debtor == "simulated":
        return (lambda case, seed: debtor_seat(debtor, case, seed, language=language),) * 2
    from programs.models.make import check_lm, make_lm

    lm = make_lm(model)
    check_lm(lm)
    fresh = lm.copy(cache=False)
    return (
        lambda case, seed: debtor_seat(debtor, case, seed, lm),
        lambda case, seed: debtor_seat(debtor, case, seed, fresh),
    )


def _report(findings: Sequence[CheckResult], title: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"audited": title, "findings": [asdict(finding) for finding in findings]}, indent=1))
        return
    table = Table("", "check", "measured", "required", title=f"Audit: {title}", title_justify="left")
    for finding in findings:
        mark = Text("pass", "green") if finding.passed else Text("FAIL", "red")
        table.add_row(mark, finding.check, finding.measured, finding.required)
    cli.stdout.print(table)


if __name__ == "__main__":
    cli.run(main, "python -m programs.audit")
