"""What an event stream has shown: a change sends what is new, however long the conversation is."""

from __future__ import annotations

from app.api.debtor_views import NegotiationView


class ShownNegotiation:
    """What one stream has shown of a negotiation."""

    def __init__(self) -> None:
        self._messages: dict[int, str] = {}
        """Of the latest messages, by position, as they were sent."""
        self._rest = ""

    def news(self, view: NegotiationView) -> str | None:
        """The view as JSON with only the messages that were not shown yet or have changed; None if nothing has."""
        messages = {one.position: one.model_dump_json() for one in view.messages}
        fresh = [one for one in view.messages if self._messages.get(one.position) != messages[one.position]]
        rest = view.model_copy(update={"messages": []}).model_dump_json()
        changed = bool(fresh) or rest != self._rest
        self._messages, self._rest = messages, rest
        return view.model_copy(update={"messages": fresh}).model_dump_json() if changed else None
