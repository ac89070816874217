"""Which debt a call is about: from accounts, from a book, from what the export says, or from what is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from data.accounts import Accounts
from data.amounts import minor_digits
from data.book import DebtorBook
from data.domain import CreditorView, Debt, DebtCase, Debtor
from data.importing.likeness import SYNONYMS
from data.importing.money import number
from data.transcripts.call import Call
from data.transcripts.column_names import plain_key
from programs.reader.currencies import CODES
from programs.reader.stated.clauses import clauses
from programs.reader.stated.cues import cue
from programs.reader.stated.plain import plain
from programs.reader.stated.stated_figures import Unit, figures
from wording.tags import well_formed

UNNAMED_PRODUCT = "debt"
_BALANCE = cue(
    r"balance|owe|owes|owed|owing|outstanding|amount due|total due|debt|due on|payoff|past due|overdue"
    r"|late on|behind on",
    r"saldo|debe|adeuda|adeudo|deuda|pendientes?|monto total|asciende",
    r"欠款|余额|欠了?|应还|未还|账单|本金",
)
_PRODUCT = cue(r"loan|card|account|bill|in total", r"prestamo|credito|tarjeta|factura", r"贷款|信用卡|借款")
_OVERDUE = re.compile(
    r"\b(?:past due|overdue|behind|late|in arrears|delinquent|de atraso|de mora|vencid[oa]|atrasad[oa])\b|逾期|拖欠"
)
_SIGNS = (("€", "EUR"), ("£", "GBP"), ("₹", "INR"), ("¥", "CNY"), ("元", "CNY"), ("块", "CNY"), ("$", "USD"))
_WORDS = (
    (re.compile(r"\beuros?\b"), "EUR"),
    (re.compile(r"\b(?:pounds?|quid)\b"), "GBP"),
    (re.compile(r"\brupees?\b"), "INR"),
    (re.compile(r"\byen\b|日元"), "JPY"),
    (re.compile(r"\b(?:dollars?|bucks?|dolares)\b"), "USD"),
)
_CODE = re.compile(r"\b[A-Z]{3}\b")
_LEAST = 10


class NoDebt(ValueError):
    """Nobody says how much is owed."""


@dataclass(frozen=True)
class DebtLedger:
    """What is known of the debts beside the calls."""

    accounts: Accounts | None = None
    book: DebtorBook | None = None
    """With it the debtors' finances are known as well."""
    currency: str | None = None
    """Of what the calls name; None: by the signs and words of the call."""
    assumed: dict[str, int] = field(default_factory=dict)
    """Currencies that were taken from a sign or a word alone, with the number of calls; for whoever is told."""

    def case(self, call: Call) -> DebtCase | CreditorView:
        """The case of a call.

        Raises:
            NoDebt: nobody says how much is owed.
        """
        for case_id in (call.case_id, call.call_id):
            if self.book is not None and case_id in self._of_book:
                return self._of_book[case_id]
            if self.accounts is not None and case_id in self._of_accounts:
                return self._of_accounts[case_id]
        return CreditorView(case_id=call.case_id, debt=self._told(call), debtor=_debtor(call))

    @cached_property
    def _of_book(self) -> Mapping[str, DebtCase]:
        return {} if self.book is None else {case.case_id: case for case in self.book.cases}

    @cached_property
    def _of_accounts(self) -> Mapping[str, CreditorView]:
        return {} if self.accounts is None else {one.case_id: one.creditor_view() for one in self.accounts.accounts}

    def _told(self, call: Call) -> Debt:
        currency = self.currency or _fact(call, "currency").upper() or self._of_words(call)
        outstanding = _amount(_fact(call, "outstanding"), currency) or _balance_said(call, currency)
        if not outstanding:
            raise NoDebt("nobody says how much is owed; give the debts with --accounts")
        principal = _amount(_fact(call, "principal"), currency) or outstanding
        days = re.sub(r"\D", "", _fact(call, "overdue_days")) if _fact(call, "overdue_days")[:4].isdigit() else ""
        return Debt(
            product=_fact(call, "product") or UNNAMED_PRODUCT,
            principal=principal,
            outstanding=outstanding,
            overdue_days=int(days) if days else _overdue_said(call),
            currency=currency,
        )

    def _of_words(self, call: Call) -> str:
        text = " ".join(line.text for line in call.lines)
        coded = next((code for code in _CODE.findall(text) if code in CODES), None)
        if coded is not None:
            return coded
        shown = plain(text)
        named = next((code for sign, code in _SIGNS if sign in shown), None)
        named = named or next((code for words, code in _WORDS if words.search(shown)), "USD")
        self.assumed[named] = self.assumed.get(named, 0) + 1
        return named


def _fact(call: Call, column: str) -> str:
    keys = [plain_key(column), *(plain_key(name) for name in SYNONYMS[column])]
    return (call.fact(keys) or "").strip()


def _amount(text: str, currency: str) -> int | None:
    """Minor units; None for what is no amount."""
    try:
        value = number(text, ".", currency) if text else Decimal(0)
    except ValueError:
        return None
    return int(value.scaleb(minor_digits(currency))) if value > 0 else None


def _balance_said(call: Call, currency: str) -> int | None:
    """The largest sum in a sentence that speaks of what is owed, else of the loan itself; whoever says it."""
    for cues in (_BALANCE, _PRODUCT):
        found = [value for line in call.lines for value in _sums_beside(plain(line.text), cues)]
        if found:
            return int(max(found).scaleb(minor_digits(currency)))
    return None


def _sums_beside(shown: str, cues: re.Pattern[str]) -> Iterator[Decimal]:
    parts = clauses(shown)
    for figure in figures(shown):
        money = figure.unit is Unit.MONEY or (figure.unit is Unit.BARE and (figure.value or 0) >= 10 * _LEAST)
        if money and figure.value and figure.value >= _LEAST:
            words = parts.sentence(parts.at(figure.span[0]), figure.span[0])
            if cues.search(words):
                yield figure.value


def _overdue_said(call: Call) -> int:
    """Days; 0 where nobody says."""
    for line in call.lines:
        shown = plain(line.text)
        for figure in figures(shown):
            near = shown[max(0, figure.span[0] - 30) : figure.span[1] + 30]
            if figure.unit in (Unit.DAYS, Unit.MONTHS) and figure.value and _OVERDUE.search(near):
                return int(figure.value * (30 if figure.unit is Unit.MONTHS else 1))
    return 0


def _debtor(call: Call) -> Debtor:
    try:
        return Debtor(language=well_formed(_fact(call, "language"))) if _fact(call, "language") else Debtor()
    except ValueError:
        return Debtor()
