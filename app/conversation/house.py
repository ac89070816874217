"""What the service negotiates with: one program, its model, the rules of conduct, the accounts or the book of cases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import dspy
from dspy.utils.callback import BaseCallback

from app.conduct.profile import Profile
from app.database.stored_rows import CannotBe
from data.accounts import Accounts
from data.accounts.unspoken_languages import unspoken
from data.book import DebtorBook
from data.domain import CreditorView, DebtCase
from plumbing.errors import UserError
from programs.maden import Maden
from programs.playing.rule_program import RuleProgram
from programs.reader.readers import Reader
from wording import LANGUAGES, say
from wording.tags import SOURCE, catalogue_tag, well_formed

_TOLD: ContextVar[list[str] | None] = ContextVar("told", default=None)
"""Where what the model is told goes, in a block of `House.playing`."""


NO_MODEL = "none"
"""In place of a model's name."""


class _Listener(BaseCallback):
    """Hears the system part of each prompt and the messages of the user's side.

    Lines of the creditor's own, in this conversation or in a demonstration, are how it is to speak, and no secret.
    It hangs on the model: among DSPy's own callbacks it would be asked about every module, adapter and format too.
    """

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """DSPy's callback before a call."""
        told = _TOLD.get()
        if told is None:
            return
        for message in inputs.get("messages") or ():
            if message.get("role") != "assistant":
                lines = str(message.get("content", "")).splitlines()
                told.append("\n".join(line for line in lines if not line.startswith("Creditor: ")))


@dataclass(frozen=True)
class House:
    """Everything a negotiation needs besides its own record."""

    program: Maden | RuleProgram
    artifact: str
    """The program as it was named."""
    program_sha256: str
    lm: dspy.LM | None
    """None where a rule negotiates and words are read by code and classifier alone."""
    reader: Reader | None
    """Reads what a person writes (`programs.debtor.person.model_reader`)."""
    profile: Profile
    book: DebtorBook | Accounts
    """Whom it negotiates with; accounts are all that a creditor has, and all that it needs but for scores."""
    language: str = SOURCE
    """BCP 47 tag of what is spoken with debtors of whom nobody knows which language they speak."""
    redact: bool = False
    """Whether personal data is kept from the model (`app.privacy.redaction`)."""

    def __post_init__(self) -> None:
        if self.lm is not None and not any(isinstance(one, _Listener) for one in self.lm.callbacks):
            self.lm.callbacks.append(_Listener())

    @property
    def lm_name(self) -> str:
        """The model, as a negotiation's record names it."""
        return NO_MODEL if self.lm is None else str(self.lm.model)

    def case_view(self, case_id: str) -> CreditorView:
        """A case of the book as the creditor's side sees it.

        Raises:
            CannotBe: there is none.
        """
        try:
            return self.book.view(case_id)
        except UserError as error:  # it names the book's file, and debtors with an id like this
            raise CannotBe(say("there is no such case in the book")) from error

    def language_for(self, case: CreditorView, asked: str | None = None) -> str:
        """What is spoken with a debtor: what was asked for, what the account says, or the house's own language.

        Raises:
            CannotBe: it is no language, or there is no catalogue for the one that was asked for.
        """
        if asked:
            try:
                tag = well_formed(asked)
            except ValueError:
                tag = None
            if catalogue_tag(tag) is None or tag is None:
                raise CannotBe(
                    say("this language is not spoken here; there are {languages}", languages=", ".join(LANGUAGES))
                )
            return tag
        known = case.debtor.language
        return known if known and catalogue_tag(known) else self.language

    def unspoken(self) -> str:
        """How many debtors are spoken to in the house's own language for want of theirs, as a sentence; "" if none."""
        if isinstance(self.book, Accounts):
            return unspoken((one.debtor.language for one in self.book.accounts), instead=self.language)
        return unspoken((one.debtor.language for one in self.book.cases), "debtor", self.language)

    def timezone_of(self, case_id: str) -> str:
        """IANA name of the debtor's local time where the accounts tell it; "" where nobody knows."""
        return self.book.account(case_id).timezone if isinstance(self.book, Accounts) else ""

    def whole_case(self, case_id: str) -> DebtCase | None:
        """A case with the debtor's finances, which scores are made from; None where the service has accounts.

        Raises:
            UserError: there is no such case.
        """
        return None if isinstance(self.book, Accounts) else self.book.case(case_id)

    @contextmanager
    def playing(self) -> Iterator[list[str]]:
        """A block in which the program's model answers; conversations stay in no history and no trace of DSPy's.

        Gives what the model is told in it, prompt after prompt.
        """
        told: list[str] = []
        token = _TOLD.set(told)
        try:
            with dspy.context(lm=self.lm, trace=None, disable_history=True):
                yield told
        finally:
            _TOLD.reset(token)
