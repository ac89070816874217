"""Encoding and delimiter of a file that says neither: guessed by libraries made for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.tables.delimited import DELIMITERS
from data.tables.encodings import certain_encoding, first_wrong_byte
from plumbing.errors import UserError

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

_SAMPLE_BYTES = 1 << 18
_LAST_ASCII = 127
_ENOUGH_BYTES = 32
"""Bytes beyond ASCII from which a guess is worth more than the commonest encoding."""
_SAMPLE_CHARS = 1 << 15
_WESTERN = "cp1252"
"""What Excel writes in most of Europe and America."""
_WRITTEN = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874"),
    *("gb18030", "big5", "cp932", "euc_jp", "cp949", "mac_roman", "cp850", "koi8_r"),
]
"""What spreadsheets and databases write beside Unicode; a short file looks like many rare encodings."""


def encoding_of(path: Path, given: str | None) -> tuple[str, bool]:
    """The encoding of a text file, and whether that is sure.

    Raises:
        UserError: the given one is unknown or does not fit, or none fits, or the package for guessing is missing.
    """
    if given is not None:
        return _checked(path, given), True
    if certain := certain_encoding(path):
        return certain, True
    try:
        from charset_normalizer import from_bytes
    except ImportError as error:
        missing = f"{path.name} is not in UTF-8, and guessing needs the package charset-normalizer"
        raise UserError(f"{missing}; install it with `pip install 'maden[importing]'`") from error
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    enough = sum(byte > _LAST_ASCII for byte in sample) >= _ENOUGH_BYTES
    found: Iterable[CharsetMatch] = from_bytes(sample, cp_isolation=_WRITTEN) if enough else ()
    for guess in (_likely(found), _WESTERN, "latin-1"):
        if first_wrong_byte(path, guess) is None:
            return guess, False
    raise UserError(f"the encoding of {path.name} cannot be found; save the file in the encoding UTF-8")


def _likely(found: Iterable[CharsetMatch]) -> str:
    """The first of what was found, or the commonest encoding where it reads as much like a language."""
    matches = list(found)
    western = [one for one in matches if _WESTERN in one.could_be_from_charset]
    if not matches or (western and western[0].coherence >= matches[0].coherence):
        return _WESTERN
    return matches[0].encoding


def _checked(path: Path, encoding: str) -> str:
    try:
        wrong = first_wrong_byte(path, encoding)
    except (LookupError, AttributeError) as error:
        raise UserError(f"there is no encoding {encoding!r}; write one such as utf-8, cp1252 or gb18030") from error
    if wrong is not None:
        raise UserError(f"{path.name} is not in {encoding}: byte {wrong + 1} does not fit; leave it to be found")
    return encoding


def delimiter_of(sample: Sequence[str]) -> str:
    """What stands between the cells of these lines; a comma where nothing does.

    Raises:
        UserError: the package for finding it is not installed.
    """
    try:
        from clevercsv import Sniffer
        from clevercsv.exceptions import Error, NoDetectionResult
    except ImportError as error:
        missing = "reading delimited tapes needs the package clevercsv, which is not installed"
        raise UserError(f"{missing}; install it with `pip install 'maden[importing]'`") from error
    try:
        dialect = Sniffer().sniff("".join(sample)[:_SAMPLE_CHARS], delimiters=list(DELIMITERS))
    except (NoDetectionResult, Error):
        return ","
    return dialect.delimiter or ","
