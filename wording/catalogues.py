"""Sentences in the language that is spoken, from the catalogues (gettext, read by Babel)."""

from __future__ import annotations

import gettext
import re
from functools import lru_cache
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from wording.spoken import language_spoken
from wording.tags import FOLDER, SOURCE, catalogue_tag

_NO_SPACE_AFTER = re.compile(r"[\u3002\uff01\uff1f\uff1b\uff1a\uff0c\u3001\uff09\u300d\u300f]\Z")
"""Full-width marks bring their own space."""


def mark(message: str) -> str:
    """The message as it is: named for the catalogues, and said elsewhere."""
    return message


def say(message: str, **values: object) -> str:
    """A sentence in the language that is spoken; its English itself where the catalogue has none.

    Args:
        message: the English sentence, with `{name}` where a value goes.
        values: by name; what is a sentence itself has been said already.
    """
    return say_in(language_spoken(), message, **values)


def say_many(one: str, many: str, n: int, **values: object) -> str:
    """A sentence about a number of things, in the plural that the language has for it.

    Args:
        one: the English sentence for 1.
        many: for any other number.
        n: the number, `{n}` in both.
        values: as for `say`.
    """
    tag = catalogue_tag(language_spoken())
    message = _translations(tag).ngettext(one, many, n) if tag else (one if n == 1 else many)
    return message.format(n=n, **values)


def say_in(tag: str | None, message: str, **values: object) -> str:
    """A sentence in the language of a BCP 47 tag; see `say`."""
    known = catalogue_tag(tag)
    said = _translations(known).gettext(message) if known and known != SOURCE and message else message
    return said.format(**values) if values else said


def sentences(*parts: str) -> str:
    """Sentences one after another, without a space where the language has none; empty ones are left out."""
    text = ""
    for part in filter(None, parts):
        bare = not text or (language_spoken() is not None and _NO_SPACE_AFTER.search(text))
        text = text + part if bare else f"{text} {part}"
    return text


@lru_cache(maxsize=32)
def catalogue_of(tag: str) -> Catalog:
    """The catalogue of one of `LANGUAGES`, as Babel reads it; that of English is empty."""
    if tag == SOURCE:
        return Catalog(locale=SOURCE)
    with (FOLDER / f"{tag}.po").open("rb") as file:
        return read_po(file, locale=tag.replace("-", "_"), domain="maden")


@lru_cache(maxsize=32)
def _translations(tag: str) -> gettext.NullTranslations:
    if tag == SOURCE:
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue_of(tag))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
