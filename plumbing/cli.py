"""How every command line here ends: 0 done, 1 a comparison failed, 2 the user's mistake in one sentence.

Results go to stdout, everything else to stderr, so that output can be piped.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from plumbing.errors import UserError

EXIT_COMPARISON_FAILED = 1
EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130

stdout = Console(markup=False)
stderr = Console(stderr=True, markup=False)
"""Names and words of others are printed on both, and square brackets in them are no markup."""
PIPE_WIDTH = 110
"""Columns when stdout is no terminal: enough for the tables."""


def results() -> Console:
    """Where a command's tables go: the terminal, or stdout in a width that does not wrap them."""
    return stdout if stdout.is_terminal else Console(width=PIPE_WIDTH, markup=False)


def run(command: Callable[..., Any], prog_name: str) -> None:
    """Run a typer command as `python -m ...`: user errors become one sentence on stderr and exit status 2.

    Args:
        command: the function whose typed parameters are the options and whose docstring is the help.
        prog_name: how the user called it, for usage lines (`python -m metrics.score`).
    """
    run_app(app_of(command), prog_name)


def app_of(command: Callable[..., Any]) -> typer.Typer:
    """A typer app that has only this command."""
    app = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.command()(command)
    return app


def run_app(app: typer.Typer, prog_name: str) -> None:
    """`run` for a typer app with sub-commands."""
    try:
        app(prog_name=prog_name)
    except UserError as error:
        fail(str(error))
    except KeyboardInterrupt:
        stderr.print("interrupted", style="yellow")
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:  # `| head` closed the pipe: not an error, and stdout must not be flushed again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except UnicodeDecodeError as error:
        fail(
            f"the byte 0x{error.object[error.start]:02x} is not UTF-8; files, and what is typed or piped in, are UTF-8"
        )
    except UnicodeEncodeError as error:
        wrong = error.object[error.start : error.end][:20]
        fail(f"{wrong!r} cannot be written as {error.encoding}: it is no text, or none that can be shown here")
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename or 'no file named'}; nothing was changed")


def require_writable(path: Path | None) -> None:
    """Refuse a file that could not be written, before anything is played for it.

    Raises:
        UserError: its folder does not exist, or it is a folder itself.
    """
    if path is not None and not path.parent.is_dir():
        raise UserError(f"there is no folder {path.parent} to write {path.name} into; make it first")
    if path is not None and path.is_dir():
        raise UserError(f"{path} is a folder; name a file")


def tell(*sentences: str) -> None:
    """Print each sentence on stderr as it is, unwrapped."""
    for sentence in sentences:
        stderr.print(sentence, highlight=False, soft_wrap=True)


def fail(sentence: str) -> None:
    """Print the sentence and end with status 2."""
    stderr.print(Text.assemble(("error:", "bold red"), " ", sentence), highlight=False, soft_wrap=True)
    sys.exit(EXIT_USER_ERROR)
