"""Names of languages: BCP 47 tags (RFC 5646), and which catalogue answers to one."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from babel import Locale, UnknownLocaleError
from babel.localedata import locale_identifiers
from pydantic import AfterValidator

from plumbing.errors import UserError

FOLDER: Final = Path(__file__).with_name("languages")
SOURCE: Final = "en"
"""The language of the sentences in the code."""
LANGUAGES: Final = (SOURCE, *sorted(file.stem for file in FOLDER.glob("*.po")))
"""Every language that there are sentences in, as BCP 47 tags."""
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,4}")
_BRITISH = "en_GB"
"""What English without a country is written like here."""


def well_formed(tag: str) -> str:
    """A BCP 47 tag of a language that is known, as it is written ("es-mx" is "es-MX").

    Raises:
        ValueError: it is none; the sentence completes "'xx' ".
    """
    try:
        if not _TAG.fullmatch(tag.strip()):
            raise UnknownLocaleError(tag)
        return str(Locale.parse(tag.strip().replace("_", "-"), sep="-")).replace("_", "-")
    except (UnknownLocaleError, ValueError):
        raise ValueError("is not a language; write its BCP 47 tag, such as en, es or zh-Hans") from None


LanguageTag = Annotated[str, AfterValidator(well_formed)]
"""A language as its BCP 47 tag."""


@lru_cache(maxsize=256)
def catalogue_tag(tag: str | None) -> str | None:
    """The language of `LANGUAGES` that somebody with this tag is spoken to in; None where there is none.

    The longest beginning of the tag that has a catalogue wins: "es-MX" is spoken to in es.
    """
    parts = (tag or "").replace("_", "-").split("-")
    named = {one.lower(): one for one in LANGUAGES}
    beginnings = ("-".join(parts[:number]).lower() for number in range(len(parts), 0, -1))
    return next((named[one] for one in beginnings if one in named), None)


@lru_cache(maxsize=256)
def chosen(accepted: str) -> str | None:
    """The tag that comes first in an `Accept-Language` header among those that have a catalogue; None if none does."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:1000].split(",")):
        tag, _, rest = part.strip().partition(";")
        quality = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", rest) if rest else None
        if catalogue_tag(tag) and (not rest or quality):
            wanted.append((-float(quality[1]) if quality else -1.0, place, tag))
    for _, _, tag in sorted(one for one in wanted if one[0]):
        try:
            return well_formed(tag)
        except ValueError:
            continue
    return None


def locale_of(tag: str | None) -> Locale:
    """The locale in which somebody with this tag reads figures and dates; English is written as in Britain."""
    name = (tag or SOURCE).replace("_", "-")
    if catalogue_tag(name) is None or name == SOURCE:
        return Locale.parse(_BRITISH)
    return Locale.parse(name, sep="-")


def english_name(tag: str) -> str:
    """The language's name in English, without its country: what a model is told."""
    return Locale.parse(tag.replace("_", "-"), sep="-").get_language_name("en") or tag


def tag_named(name: str) -> str | None:
    """The tag of a language that is called so in English or in any other language; None where none is."""
    try:
        return well_formed(_tags_by_name().get(" ".join(name.split()).casefold(), ""))
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _tags_by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    for one in (SOURCE, *(one for one in locale_identifiers() if "_" not in one)):
        for tag, name in Locale.parse(one).languages.items():
            found.setdefault(str(name).casefold(), str(tag).replace("_", "-"))
    return found


def own_name(tag: str) -> str:
    """The language's name in itself, for those who look for it."""
    name = Locale.parse(tag, sep="-").get_display_name() or tag
    return name[:1].upper() + name[1:]


def require_spoken(tag: str) -> str:
    """The tag, well formed, if there are sentences in its language.

    Raises:
        UserError: there are none; the sentence says in which there are.
    """
    try:
        found = well_formed(tag)
    except ValueError as error:
        raise UserError(f"{tag!r} {error}") from None
    if catalogue_tag(found) is None:
        raise UserError(f"nothing can be said in {found!r}; there are catalogues for {', '.join(LANGUAGES)}")
    return found
