"""`maden`, or `python -m programs`: every command line of the house under one name.

Commands are named as text and imported when they run. So `maden --help` takes no seconds for DSPy, and this file may
stand on a floor below some of what it names.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

from plumbing import cli
from plumbing.errors import UserError

HELP = "\n\n".join(
    (
        "Negotiate overdue debts with prompt programs, and compile them against what an agreement is worth.",
        "A first hour: [bold]maden compile[/] makes maden@1 on the embedded model, [bold]maden negotiate maden@1[/] "
        "shows it at work, [bold]maden compare maden maden@1 --split heldout[/] says whether compiling helped. "
        "[bold]maden negotiate maden@1 --as-debtor[/] lets you sit opposite; "
        "[bold]maden compare accept-all linear boulware[/] needs no model at all.",
        "Each command explains itself with --help, and each is a module's as well: maden compile is python -m "
        "programs.compile.",
    )
)


@dataclass(frozen=True)
class Entry:
    """One command: which module it is, and where and how the overview tells of it."""

    module: str
    """As in `python -m MODULE`."""
    command: str
    """`module:name` of its function or typer app."""
    panel: str
    says: str
    extra: str = ""
    """The extra that it needs, of pyproject.toml; empty: none."""


_PROGRAMS, _BOOK, _TRAINING, _SERVICE = "Programs", "Debtors and scores", "Post-training", "Service"
_WORDS = "Reading words"

ENTRIES = {
    "compile": Entry(
        "programs.compile", "programs.compile:compile_", _PROGRAMS, "Compile a program and save it as an artifact."
    ),
    "negotiate": Entry(
        "programs.negotiate", "programs.negotiate:negotiate", _PROGRAMS, "Watch one negotiation, or be its debtor."
    ),
    "compare": Entry(
        "programs.compare", "programs.compare:compare", _PROGRAMS, "Say which program is better, and how sure that is."
    ),
    "ablate": Entry(
        "programs.ablate", "programs.ablate:ablate", _PROGRAMS, "Say which change between two versions did it."
    ),
    "pool": Entry("programs.pool", "programs.pool:pool", _PROGRAMS, "Make comparisons on several completed books one."),
    "artifacts": Entry(
        "programs.artifacts", "programs.artifacts.__main__:app", _PROGRAMS, "List, show, diff, verify, promote."
    ),
    "audit": Entry("programs.audit", "programs.audit.__main__:main", _BOOK, "Check that the debtors listen."),
    "learn": Entry(
        "programs.learning",
        "programs.learning.__main__:learn",
        _BOOK,
        "Learn the decision support from training negotiations.",
        "classifiers",
    ),
    "score": Entry(
        "metrics.score", "metrics.score:command", _BOOK, "Score negotiations that happened anywhere, calls included."
    ),
    "transcripts": Entry(
        "metrics.transcripts", "programs.calls.command:transcripts", _BOOK, "Make records of call transcripts."
    ),
    "book": Entry("data.book", "data.book:check", _BOOK, "Check a debtor book: every fault at once."),
    "import": Entry(
        "data.importing",
        "data.importing.__main__:main",
        _BOOK,
        "Import a lender's own file as accounts or a book.",
        "importing",
    ),
    "complete": Entry(
        "data.completing", "data.completing.__main__:main", _BOOK, "Draw what a lender does not know of its accounts."
    ),
    "book-report": Entry(
        "data.report", "reports.debtor_book.book_page:main", _BOOK, "Write the debtor book as a page to read.", "report"
    ),
    "synthesize": Entry(
        "data.synthesis", "data.synthesis:main", _BOOK, "Make up a debtor book from real defaulted borrowers."
    ),
    "circumstances": Entry(
        "data.synthesis.circumstances",
        "data.synthesis.circumstances:circumstances",
        _BOOK,
        "Give the debtors of a book something that they say in words alone.",
    ),
    "messages": Entry("data.messages", "data.messages.__main__:messages", _WORDS, "Check a file of labelled messages."),
    "train-signals": Entry(
        "screening.debtor_training",
        "screening.debtor_training:train",
        _WORDS,
        "Fit the classifier of debtors' signals anew.",
        "classifiers",
    ),
    "train-conduct": Entry(
        "screening.creditor_training",
        "screening.creditor_training:train",
        _WORDS,
        "Fit the classifier of creditors' words anew.",
        "classifiers",
    ),
    "train-figures": Entry(
        "programs.reader.opinion_training",
        "programs.reader.opinion_training:main",
        _WORDS,
        "Fit the opinion on which figures are offered.",
        "classifiers",
    ),
    "preferences": Entry(
        "optimizers.preferences",
        "optimizers.preferences.__main__:preferences",
        _TRAINING,
        "Sample which turn led to the better end.",
    ),
    "examples": Entry(
        "optimizers.examples",
        "optimizers.examples.__main__:examples",
        _TRAINING,
        "Write what labels teach a program, for supervised fine-tuning.",
    ),
    "train": Entry(
        "optimizers.train", "optimizers.train.__main__:train", _TRAINING, "Train weights on such preferences.", "train"
    ),
    "dpo": Entry("optimizers.dpo", "optimizers.dpo.__main__:dpo", _TRAINING, "The same by preferences alone.", "dpo"),
    "serve": Entry("app", "app.__main__:app", _SERVICE, "Negotiate with people; look after the service.", "app"),
}


class LazyCommands(TyperGroup):
    """Commands that stand as names until one of them is called or completed."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The named command itself in place of its name."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and loaded(str(name)), rest


def loaded(name: str) -> Any:
    """The command called `name`, imported.

    Raises:
        UserError: what it needs is not installed.
    """
    entry = ENTRIES[name]
    module, _, attribute = entry.command.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if not entry.extra:
            raise
        missing = f"maden {name} needs {error.name}, which is not installed"
        raise UserError(f"{missing}; run `pip install 'maden[{entry.extra}]'`") from error
    return typer.main.get_command(found if isinstance(found, typer.Typer) else cli.app_of(found))


def overview() -> typer.Typer:
    """The typer app of all commands; none is imported yet."""
    app = typer.Typer(
        cls=LazyCommands, help=HELP, rich_markup_mode="rich", pretty_exceptions_enable=False, no_args_is_help=True
    )
    for name, entry in ENTRIES.items():
        app.command(name, help=entry.says, rich_help_panel=entry.panel)(lambda: None)
    return app


def main() -> None:
    """Entry point."""
    cli.run_app(overview(), "maden")


if __name__ == "__main__":
    main()
