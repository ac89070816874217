"""Encoding and delimiter of a file that says neither: guessed by libraries made for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data.tables.delimited import DELIMITERS
from data.tables.encodings import certain_encoding, first_wrong_byte
from plumbing.errors import UserError

_SAMPLE_BYTES = 1 << 18
_LAST_ASCII = 127
_ENOUGH_BYTES = 32
"""Bytes beyond ASCII from which a guess is worth more than the commonest encoding."""
_SAMPLE_CHARS = 1 << 15
_WESTERN = "cp1252"
"""What Excel writes in most of Europe and America."""


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
    best = from_bytes(sample).best() if sum(byte > _LAST_ASCII for byte in sample) >= _ENOUGH_BYTES else None
    likely = _WESTERN if best is None or _WESTERN in best.could_be_from_charset else best.encoding
    for guess in (likely, _WESTERN, "latin-1"):
        if first_wrong_byte(path, guess) is None:
            return guess, False
    raise UserError(f"the encoding of {path.name} cannot be found; save the file in the encoding UTF-8")


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
