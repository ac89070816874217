"""`python -m programs.learning`: learn the decision support anew, from training negotiations with simulated debtors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from data.book import DebtorBook, read_book
from plumbing import cli
from plumbing.bars import PhaseBars
from programs.artifacts.provenance import git_revision
from programs.creditor.support.learned.support_model import SHIPPED, SupportModel, save_support
from programs.learning.learn import LearningProgress, Recipe, learned
from programs.learning.support_fitting import boosted
from programs.playing.stage import chosen_debtors

EVERY = 100
"""Lines of progress where there is no terminal: one in so many negotiations."""


def learn(
    out: Annotated[Path, typer.Option(help="The file to write; the programs read the default one.")] = SHIPPED,
    seed: Annotated[
        int, typer.Option(help="Of debtors, creditors, worlds and fitting; the same gives the same file.")
    ] = 0,
    book: Annotated[Path | None, typer.Option(help="A debtor book; default: the shipped one.")] = None,
    debtors: Annotated[int | None, typer.Option(min=20, help="How many of the train split; default: all.")] = None,
    val: Annotated[int | None, typer.Option(min=5, help="How many of val to measure on; default: all.")] = None,
    games: Annotated[int, typer.Option(min=1, help="Negotiations of each debtor with either kind of creditor.")] = 3,
    trees: Annotated[int, typer.Option(min=5, max=200, help="Boosted trees of each chance.")] = 80,
    changed: Annotated[
        float, typer.Option(min=0, max=1, help="Share of negotiations in worlds whose parameters differ by up to 30 %.")
    ] = 0.5,
) -> None:
    """Learn what debtors accept, now and at the end, and whether claims are bent; write it as the decision support.

    Plays varied creditors against the simulated debtors of the train split, half of them with changed parameters, asks
    each debtor what it would have said to other offers, and fits boosted trees (needs the `classifiers` extra). Then
    it prints how far the stated chances can be relied on, measured on the val split; held-out debtors are not touched.

    Six minutes on one core. Example: `python -m programs.learning --out mine.json --debtors 200`
    """
    cli.require_writable(out)
    boosted((), {}, 1, 0)  # says that the library is missing before minutes of play
    loaded = read_book(book)
    train, measured_on = chosen_debtors(loaded, "train", debtors), chosen_debtors(loaded, "val", val)
    recipe = Recipe(seed=seed, steady_games=games, near_games=games, trees=trees, changed=changed)
    with PhaseBars() as bars:
        model = learned(train, measured_on, recipe, _provenance(loaded), _progress(bars))
    save_support(model, out)
    _report(model, out)


def _provenance(book: DebtorBook) -> Mapping[str, Any]:
    return {"code": git_revision(), "book": book.name, "book_sha256": book.sha256}


def _progress(bars: PhaseBars) -> LearningProgress:
    def step() -> None:
        done, total = bars.progress
        bars.advance("" if (done + 1) % EVERY == 0 or done + 1 == total else None)

    return LearningProgress(lambda name, steps: bars.phase(name, steps, "steps"), step)


def _report(model: SupportModel, out: Path) -> None:
    measured = {**model.provenance["validation"], "any_kept": model.provenance["beliefs"]["any_kept"]}
    table = Table("chance of", "stated", "came true", "number", title="On the val split", title_justify="left")
    for name, found in measured.items():
        if name == "debtors":
            continue
        auc = "" if found["auc"] is None else f", AUC {found['auc']:.3f}"
        guess = f"{found['brier_of_share']:.4f} for always saying {found['share']:.0%}"
        table.add_row(f"{name}: Brier {found['brier']:.4f} ({guess}){auc}", "", "", f"{found['number']:,}")
        for band in found["bands"]:
            table.add_row("", f"{band['stated']:.2f}", f"{band['came_true']:.2f}", f"{band['number']:,}")
        table.add_section()
    cli.results().print(table)
    for name, error in model.provenance["beliefs"]["error"].items():
        claimed = "never told" if error["claimed"] is None else f"as claimed {error['claimed']:.1%}"
        print(f"{name}: median error as believed at the end {error['believed']:.1%}, {claimed}")
    counts = model.provenance["learned"]
    print(
        f"learned from {counts['negotiations']:,} negotiations with {counts['debtors']:,} debtors "
        f"({counts['offers_now']:,} offers now, {counts['offers_later']:,} at the end): {out}, "
        f"{out.stat().st_size / 1024:.0f} KB, sha256 {model.sha256[:12]}"
    )


if __name__ == "__main__":
    cli.run(learn, "python -m programs.learning")
