"""Reading a rendered page back."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Figures(HTMLParser):
    """Every `data-key` of a page with its `data-value` and the text that a reader sees; all tags on the way."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self._reading: tuple[str, str, int] | None = None
        self._text = ""
        self.feed(page)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag in VOID:
            return
        self._open.append(tag)
        if "data-key" in given:
            self._reading, self._text = (given["data-key"] or "", given["data-value"] or "", len(self._open)), ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self._open, f"closed without being open: {tag}"
        assert self._open[-1] == tag, f"{self._open[-1]} is closed by {tag}"
        if self._reading and self._reading[2] == len(self._open):
            self.found.append((*self._reading[:2], self._text.strip()))
            self._reading = None
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._text += data


def at(dump: Any, key: str) -> Any:
    """The value at a dotted key."""
    value = dump
    for name in key.split("."):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def leaves(value: Any, key: str = "") -> dict[str, Any]:
    """Every number, truth value and null of a JSON value by dotted key."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {k: v for name, one in pairs for k, v in leaves(one, f"{key}.{name}" if key else str(name)).items()}
    return {} if isinstance(value, str) else {key: value}
