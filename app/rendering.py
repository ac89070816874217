"""The pages in their languages: templates whose sentences are said, and the catalogue that their scripts speak from."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from wording import LANGUAGES, chosen, say, speaking, well_formed
from wording.catalogues import catalogue_of
from wording.tags import SOURCE, catalogue_tag, locale_of, own_name

TEMPLATES = Path(__file__).with_name("templates")
COOKIE = "maden_language"
_environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)


def page_language(request: Request, home: str) -> str:
    """The BCP 47 tag that a page is shown in: what its address asks for, was chosen before, or the browser prefers.

    Args:
        request: for the page.
        home: what is spoken where none of these has a catalogue.
    """
    for tag in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if tag and catalogue_tag(tag):
            try:
                return well_formed(tag)
            except ValueError:
                continue
    return chosen(request.headers.get("accept-language", "")) or home


def page(name: str, tag: str) -> HTMLResponse:
    """A page in a language.

    Args:
        name: of its template.
        tag: BCP 47.
    """
    known = catalogue_tag(tag) or SOURCE
    words = {"locale": str(locale_of(tag)).replace("_", "-"), "messages": script_messages(known)}
    with speaking(tag):
        text = _environment.get_template(f"{name}.html.j2").render(
            lang=tag,
            chosen=known,
            languages=[(one, own_name(one)) for one in LANGUAGES],
            words=words,
            say=say,
        )
    return HTMLResponse(text, headers={"Vary": "Accept-Language, Cookie"})


@lru_cache(maxsize=32)
def script_messages(tag: str) -> dict[str, str | list[str]]:
    """What the pages' scripts say, English to the language of a catalogue; a list of plural forms where it counts."""
    found: dict[str, str | list[str]] = {}
    for message in catalogue_of(tag):
        if any(place.endswith(".js") for place, _ in message.locations):
            one = message.id[0] if isinstance(message.id, list | tuple) else message.id
            said = message.string
            found[str(one)] = list(said) if isinstance(said, list | tuple) else str(said)
    return found
