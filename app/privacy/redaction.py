"""Personal data kept from a model: placeholders in what it reads, the words put back in what it says.

The stored record keeps the words as they were written. Placeholders follow from it, in its order, so that one thing has
one placeholder through a whole negotiation, whichever process answers. They carry letters, not numbers, since a
sentence of the program's that carries digits is not said (`programs.table.words.spoken_part`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from string import ascii_uppercase

from app.database.tables import MessageRow, Sender
from app.privacy.personal_data import KINDS, Finder, finder, plain
from data.domain import CreditorView, Debtor, Speaker, Turn
from programs.table import words

PLACEHOLDER = re.compile(rf"\[({'|'.join(KINDS)})(?: ([A-Z]{{1,3}}))?\]", re.IGNORECASE)
NAME = "[NAME]"


class Redaction:
    """The placeholders of one negotiation.

    Args:
        find: finds personal data; None hides nothing.
        name: of the debtor.
        messages: of the negotiation, oldest first; what debtors wrote gets its placeholders in that order.
    """

    def __init__(self, find: Finder | None = None, name: str = "", messages: Sequence[MessageRow] = ()) -> None:
        self._find = find
        self._shown: dict[str, str] = {NAME: name} if find is not None and name else {}
        self._placeholders: dict[tuple[str, str], str] = {("NAME", "NAME"): NAME}
        self._numbers: Counter[str] = Counter()
        for message in messages:
            if message.sender == Sender.DEBTOR:
                self.hidden(message.text)

    @classmethod
    def of(cls, view: CreditorView, messages: Sequence[MessageRow]) -> Redaction:
        """For the negotiation about a case, with these messages."""
        return cls(finder(view.debtor.name, view.debt.currency), view.debtor.name, messages)

    @property
    def placeholders(self) -> frozenset[str]:
        """Those that stand for something."""
        return frozenset(self._shown)

    def hidden(self, text: str) -> str:
        """`text` with placeholders for what is personal; what looks like one already is made to look like none."""
        if self._find is None:
            return text
        flat = PLACEHOLDER.sub(r"(\1)", plain(text))
        parts, at = [], 0
        for one in self._find(flat):
            parts += [flat[at : one.start], self._placeholder(one.kind, one.name_of, flat[one.start : one.end])]
            at = one.end
        return "".join([*parts, flat[at:]])

    def shown(self, text: str) -> str:
        """`text` with the words that placeholders stand for; one that stands for nothing stays."""
        return PLACEHOLDER.sub(lambda match: self._shown.get(match.group().upper(), match.group()), text)

    def view(self, view: CreditorView) -> CreditorView:
        """The case without the person: a plan follows from the debt and what is said, not from name or age."""
        if self._find is None:
            return view
        debt = view.debt.model_copy(update={"product": self.hidden(view.debt.product)})
        debtor = Debtor(name=NAME if view.debtor.name else "", language=view.debtor.language)
        return view.model_copy(update={"debt": debt, "debtor": debtor})

    def turns(self, messages: Sequence[MessageRow]) -> tuple[Turn, ...]:
        """What was said at the table, oldest first; a debtor's words are cut to their length after they are hidden."""
        return tuple(self._turn(Turn.model_validate(one.turn), one) for one in messages if one.turn is not None)

    def _turn(self, turn: Turn, row: MessageRow) -> Turn:
        if self._find is None:
            return turn
        debtors = turn.speaker is Speaker.DEBTOR
        said = words.heard(self.hidden(row.text)) if debtors else self.hidden(turn.dialogue)
        return turn.model_copy(
            update={"dialogue": said, "thoughts": self.hidden(turn.thoughts) if turn.thoughts else turn.thoughts}
        )

    def _placeholder(self, kind: str, name_of: str, text: str) -> str:
        """The placeholder of a thing, a new one for a new thing."""
        if (kind, name_of) not in self._placeholders:
            self._placeholders[kind, name_of] = f"[{kind} {_letters(self._numbers[kind])}]"
            self._numbers[kind] += 1
        placeholder = self._placeholders[kind, name_of]
        self._shown.setdefault(placeholder, text)
        return placeholder


def _letters(number: int) -> str:
    """0 is A, 26 is AA."""
    more, last = divmod(number, len(ascii_uppercase))
    return (_letters(more - 1) if more else "") + ascii_uppercase[last]
