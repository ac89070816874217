"""A service on a scripted model: it reads what the tests' debtors write, and steps down its ladder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import dspy

from app.conduct.profile import load_profile
from app.conversation.house import House
from app.conversation.negotiations import Negotiations
from app.database.tables import Base
from data.accounts import Accounts
from data.book import read_book, write_book
from data.domain import DebtCase
from programs.creditor.settings import ProgramSettings, Variant
from programs.debtor.person import model_reader
from programs.maden import Maden
from tests.app.databases import opened
from tests.programs.cases import case
from tests.programs.players import PLAN, asks_to_read, reads, turn
from tests.scripted import Answer, scripted_lm

CASE = "d-1"


def reading(prompt: str) -> dict[str, Any]:
    """What the last message of a reading prompt says."""
    said = prompt.rsplit("[[ ## message ## ]]", 1)[-1].split("Respond with", 1)[0].lower()
    months = re.search(r"(\d+) (?:months|monthly instal\w+|monthly)", said)
    intent = "accept" if "accept" in said else "leave" if "goodbye" in said else "offer" if months else "talk"
    figures = [{"words": months[0], "kind": "installment_periods", "value": int(months[1])}] if months else []
    return reads(intent, figures)


def desk_answer(message: str) -> Answer:
    """What the scripted model answers to each contract; the program says `message`."""

    def answer(prompt: str) -> Any:
        if asks_to_read(prompt):
            return reading(prompt)
        return {"strategy": PLAN} if "`strategy`" in prompt else turn("step_down", message)

    return answer


def desk_lm(message: str = "Let us find a plan.", **settings: Any) -> dspy.LM:
    return scripted_lm(desk_answer(message), **settings)


def house(
    folder: Path,
    lm: dspy.LM,
    profile: str = "neutral",
    cases: list[DebtCase] | None = None,
    accounts: Accounts | None = None,
) -> House:
    path = folder / "book.jsonl"
    if accounts is None:
        write_book(cases or [case(case_id=CASE, income=613_700, expenses=507_900, assets=411_300)], path)
    program = Maden(ProgramSettings(variant=Variant.PLANNED))
    sha256 = program.sha256
    return House(
        program, "planned", sha256, lm, model_reader(lambda: lm), load_profile(profile), accounts or read_book(path)
    )


def desk(
    folder: Path, lm: dspy.LM | None = None, profile: str = "neutral", accounts: Accounts | None = None
) -> Negotiations:
    database = opened(folder)
    Base.metadata.create_all(database.engine)
    return Negotiations(database, house(folder, lm or desk_lm(), profile, accounts=accounts))
