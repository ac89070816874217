"""What was found in a text is remembered, since an answer needs the redaction of its whole conversation.

No word is kept: texts go by a keyed hash, and of what was found only kind and place are known.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable

from app.privacy.found import Found, found

MOST = 20_000
"""Texts of which is remembered what was found in them; about 20 MB."""
_KEY = secrets.token_bytes(32)
_lock = threading.Lock()
_places: OrderedDict[bytes, tuple[tuple[str, int, int], ...]] = OrderedDict()


def remembered(find: Callable[[str], list[Found]], finder_of: str) -> Callable[[str], list[Found]]:
    """`find`, which looks at each text once as long as this process lives.

    Args:
        find: gives the same for the same text.
        finder_of: what makes it differ from other finders.
    """

    def find_once(text: str) -> list[Found]:
        digest = hashlib.blake2b(f"{finder_of}\0{text}".encode("utf-8", "surrogatepass"), key=_KEY).digest()
        with _lock:
            places = _places.get(digest)
        if places is None:
            places = tuple((one.kind, one.start, one.end) for one in find(text))
            _keep(digest, places)
        return [_again(text, *place) for place in places]

    return find_once


def _keep(digest: bytes, places: tuple[tuple[str, int, int], ...]) -> None:
    with _lock:
        _places[digest] = places
        while len(_places) > MOST:
            _places.popitem(last=False)


def _again(text: str, kind: str, start: int, end: int) -> Found:
    return Found(kind, start, end, name_of="NAME") if kind == "NAME" else found(kind, text, start, end)
