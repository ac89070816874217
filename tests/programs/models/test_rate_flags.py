"""`--rpm` and `--tpm`: a command line sends no more within a minute than it was told, to a server behind a socket."""

from __future__ import annotations

import pytest

from optimizers.preferences.__main__ import preferences
from programs.ablate import ablate
from programs.artifacts.store import save_program
from programs.compare import compare
from programs.compile import compile_
from programs.creditor.settings import ProgramSettings
from programs.maden import Maden
from programs.models import pace as pace_module
from programs.models.pace import WINDOW_S, RateLimits, pace_of
from tests.programs.command_line import CommandLine, small_book
from tests.scripted import scripted_lm

MODEL = "openai/gpt-4o-mini"


@pytest.fixture(autouse=True)
def no_limit_of_another_test(monkeypatch):
    monkeypatch.setattr(pace_module, "_paces", {})
    monkeypatch.setattr(pace_module, "_limits", RateLimits())


@pytest.fixture
def line(monkeypatch, capsys):
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def folders(tmp_path):
    book = small_book(tmp_path, 40)
    return ("--book", book, "--runs", tmp_path / "runs", "--artifacts", tmp_path / "artifacts")


@pytest.fixture
def arrivals(server, monkeypatch):
    """When each request reached the server, by a clock that only waiting moves."""

    class Clock:
        at = 1000.0

        def monotonic(self) -> float:
            return self.at

        def sleep(self, seconds: float) -> None:
            self.at += seconds

    clock, noted, reply_to = Clock(), [], server.reply_to

    def noting(headers, request):
        noted.append(clock.at)
        return reply_to(headers, request)

    monkeypatch.setattr(pace_module, "time", clock)
    server.reply_to = noting
    return noted


@pytest.mark.parametrize(("flag", "in_a_minute"), [(("--rpm", 3), 3), (("--tpm", 1), 1), ((), None)])
def test_a_comparison_keeps_to_the_minute(line, folders, arrivals, flag, in_a_minute):
    result = line(compare, "programs.compare", "hardball", MODEL, "--debtors", 2, *flag, *folders)
    assert result.code == 0, result.err
    assert len(arrivals) > 4
    if in_a_minute is None:
        assert arrivals[-1] == arrivals[0]
    else:
        later = zip(arrivals, arrivals[in_a_minute:], strict=False)
        assert all(after - before >= WINDOW_S for before, after in later)


COMMANDS = {
    "compile": (compile_, ("--train", 2, "--val", 2, "--dry-run")),
    "compare": (compare, ("hardball", "linear", "--debtors", 1)),
    "ablate": (ablate, ("vanilla", "cooler@1", "--debtors", 1, "--dry-run")),
    "preferences": (preferences, ("--debtors", 1, "--dry-run", "--out", "pairs.jsonl")),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_plays_much_takes_them(line, folders, name):
    save_program(Maden(ProgramSettings(variant="vanilla", temperature=0.5)), "cooler", root=folders[-1])
    line.use_model(scripted_lm())
    command, argv = COMMANDS[name]
    result = line(command, name, *argv, "--rpm", 7, "--tpm", 900, *folders)
    assert result.code == 0, result.err
    assert pace_of(MODEL).limits == RateLimits(7, 900)
    assert line(command, name, *argv, *folders).code == 0
    assert pace_of(MODEL).limits == RateLimits(), "they are of one command, not of the process"


@pytest.mark.parametrize("flag", ["--rpm", "--tpm"])
def test_a_limit_that_lets_nobody_through_is_a_mistake(line, folders, flag):
    result = line(compare, "programs.compare", "hardball", "linear", flag, 0, *folders)
    assert result.code == 2
    assert flag in result.err
