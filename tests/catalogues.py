"""Every sentence that the code says, and the catalogues that have it.

`python -m tests.catalogues` writes the catalogues anew: sentences that are new come in untranslated, those that the
code has no more go out. `python -m tests.catalogues fr` begins one for another language. Then fill in what is empty;
`tests/wording/test_catalogues.py` says what is missing.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from app.conduct.profile import PROFILES, load_profile
from app.database.tables import PLAN_AGREED, Role, Status
from data.book import SHIPPED_BOOK, read_book
from data.dimensions import SPECS
from data.domain import Inquiry, Reason
from data.messages.labels import ClaimKind, TermKind
from metrics.scorecard import INDICES, METRICS
from plumbing.files import ROOT
from wording.catalogues import catalogue_of
from wording.tags import FOLDER, LANGUAGES, SOURCE

SAID_IN_SCRIPTS = {"say": None, "sayMany": (1, 2)}
"""Functions that say a sentence, and which of their arguments are sentences."""
SCRIPTS = ROOT / "app" / "pages"
SAID_IN_CODE = {"say": None, "mark": None, "say_many": (1, 2)}
CODE = ("app", "programs/table", "programs/creditor", "programs/reader")
CONDUCT = ROOT / "metrics" / "talk" / "conduct.toml"
OWN_WORDS = ("own_figure", "limit", "private_passage", "placeholder")
"""Rules of `app.conduct.own_words`."""
_NOBODY = {"msgid_bugs_address": "-", "last_translator": "-", "language_team": "-"}
Message = tuple[str, ...]
"""A sentence in English, or one with its plural."""


def messages() -> dict[Message, list[tuple[str, int]]]:
    """Every sentence with where it is said; line 0 where a file of data says it."""
    found: dict[Message, list[tuple[str, int]]] = {}
    for message, place in (
        *_in_code(),
        *in_scripts(),
        *_in_templates(),
        *((one, (where, 0)) for one, where in _in_data()),
    ):
        found.setdefault(message, [])
        if place not in found[message]:
            found[message].append(place)
    return found


def _in_code() -> Iterator[tuple[Message, tuple[str, int]]]:
    for file in sorted(one for folder in CODE for one in (ROOT / folder).rglob("*.py")):
        yield from _extracted("python", file, SAID_IN_CODE)


def in_scripts() -> Iterator[tuple[Message, tuple[str, int]]]:
    """The sentences of the pages' scripts with where they are said."""
    for file in sorted(SCRIPTS.glob("*.js")):
        yield from _extracted("javascript", file, SAID_IN_SCRIPTS)


def _in_templates() -> Iterator[tuple[Message, tuple[str, int]]]:
    for file in sorted((ROOT / "app" / "templates").glob("*.j2")):
        yield from _extracted("jinja2.ext:babel_extract", file, {"say": None})


def _extracted(method: str, file: Path, keywords: dict) -> Iterator[tuple[Message, tuple[str, int]]]:
    with file.open("rb") as text:
        for line, said, _, _ in extract(method, text, keywords=keywords, options={"encoding": "utf-8"}):
            message = tuple(said) if isinstance(said, tuple) else (said,)
            yield message, (file.relative_to(ROOT).as_posix(), line)


def _in_data() -> Iterator[tuple[Message, str]]:
    for where, texts in _texts_of_data():
        yield from (((text,), where) for text in texts if text)


def _texts_of_data() -> Iterator[tuple[str, list[str]]]:
    """Files with the sentences and names in them that people are shown."""
    for file in sorted(PROFILES.glob("*.toml")):
        profile = load_profile(file.stem)
        where = file.relative_to(ROOT).as_posix()
        yield where, [text for rule in profile.rules for text in (_spaced(rule.id), rule.why)]
        yield where, [one.text for one in profile.notices]
        yield where, [text for one in profile.signals for text in (one.reply, one.question)]
    conduct = tomllib.loads(CONDUCT.read_text(encoding="utf-8"))["rule"]
    yield "metrics/talk/conduct.toml", [text for rule in conduct for text in (_spaced(rule["id"]), rule["why"])]
    metrics = (*METRICS, *INDICES)
    yield "metrics/scorecard.py", [*(one.name for one in metrics), *(one.aspect.value for one in metrics), "tiers²"]
    yield "data/dimensions.py", [text for spec in SPECS.values() for text in (spec.label, spec.clause)]
    for kinds in (TermKind, ClaimKind, Reason, Inquiry, Role, Status):
        yield f"{kinds.__module__.replace('.', '/')}.py", [_spaced(one.value) for one in kinds]
    yield "app/conduct/own_words.py", [_spaced(one) for one in (*OWN_WORDS, PLAN_AGREED)]
    yield "data/debtors.csv", sorted({case.debt.product for case in read_book(SHIPPED_BOOK).cases})


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def written_anew(tag: str) -> Catalog:
    """The catalogue of a language with every sentence of the code and no other; what is translated stays so."""
    before = catalogue_of(tag) if tag in LANGUAGES else Catalog(locale=tag.replace("-", "_"))
    after = Catalog(locale=tag.replace("-", "_"), project="maden", version="1", fuzzy=False, **_NOBODY)
    name = after.locale.english_name
    after.header_comment = f"# What maden says, in {name}. `python -m tests.catalogues` keeps it in step with the code."
    after.creation_date = after.revision_date = datetime(2026, 11, 26, tzinfo=UTC)
    for message, places in sorted(messages().items(), key=lambda one: (one[1][0], one[0])):
        known = before.get(message[0])
        string = known.string if known and isinstance(known.id, tuple) == (len(message) > 1) else None
        files = sorted({place for place, _ in places})
        after.add(message if len(message) > 1 else message[0], string, locations=[(one, 0) for one in files])
    return after


def write(tag: str) -> None:
    catalogue = written_anew(tag)
    with (FOLDER / f"{tag}.po").open("wb") as file:
        write_po(file, catalogue, width=120, include_lineno=False, sort_output=False)
    empty = sum(not _said(one.string) for one in catalogue if one.id)
    print(f"{tag}: {len(catalogue)} sentences, {empty} of them not translated")


def _said(string: object) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    for language in sys.argv[1:] or [one for one in LANGUAGES if one != SOURCE]:
        write(language)
