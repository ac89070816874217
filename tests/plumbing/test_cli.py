from __future__ import annotations

import sys

import pytest
import typer

from plumbing import cli
from plumbing.errors import UserError
from programs.negotiate import ask


def ended(capsys: pytest.CaptureFixture[str], command: object) -> tuple[int, str]:
    """The exit status of a command that fails, and what it says."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)  # type: ignore[arg-type]
    with pytest.raises(SystemExit) as stopped, pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["command"])
        cli.run_app(app, "command")
    return int(stopped.value.code or 0), capsys.readouterr().err


def not_utf8() -> None:
    b"caf\xe9".decode()


def no_text() -> None:
    "d-\udce9".encode()


def mistaken() -> None:
    raise UserError("no case [/b] here [bold]")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (not_utf8, "error: the byte 0xe9 is not UTF-8; files, and what is typed or piped in, are UTF-8\n"),
        (no_text, r"error: '\udce9' cannot be written as utf-8: it is no text, or none that can be shown here"),
        (mistaken, "error: no case [/b] here [bold]\n"),
    ],
)
def test_bytes_that_are_no_text_and_brackets_end_in_one_sentence(capsys, command, sentence):
    status, said = ended(capsys, command)
    assert status == cli.EXIT_USER_ERROR
    assert said.startswith(sentence)
    assert said.count("\n") == 1


def test_brackets_in_a_name_are_printed_as_they_are(capsys):
    for console in (cli.stdout, cli.stderr, cli.results()):
        console.print("case [/b] and [red]this", highlight=False)
    printed = capsys.readouterr()
    assert (printed.out + printed.err).count("case [/b] and [red]this") == 3


def test_a_person_at_a_keyboard_in_latin_1_is_told_so(monkeypatch, capsys):
    def refused() -> str:
        return b"caf\xe9".decode()

    monkeypatch.setattr("builtins.input", refused)
    with pytest.raises(UserError, match="standard input is not UTF-8"):
        ask("you> ")
