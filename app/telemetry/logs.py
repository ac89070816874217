"""Log lines without personal data: what debtors, operators and models wrote stands in the database alone.

Every record loses its words where it is made, whoever's handler shows it then: of a sentence of this code its template
stays, with numbers and ids in it; of an exception its class and its places in the code; of a library's sentence, which
may have anything in it, only where it was said.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TextIO

from app.telemetry import spans

WITHHELD = "[withheld]"
OWN = frozenset({"app", "plumbing", "data", "screening", "metrics", "signatures", "programs", "maden", "uvicorn"})
"""Loggers whose sentences are constants of code; ruff's rules G keep ours so."""
MOST_FRAMES = 20
"""Places of one exception, the last ones."""
_ID = re.compile(r"[0-9a-f]{32}")
_STANDARD = logging.getLogRecordFactory()
logger = logging.getLogger(__name__)


class LogFormat(StrEnum):
    """How a line of the log looks; it tells the same in each."""

    PLAIN = "plain"
    JSON = "json"


class Harmless(str):
    """A text that the code itself made up, and that a log may have in it."""

    __slots__ = ()


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, thread, message, and what else there is."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            "message": record.getMessage(),
        }
        if record.exc_text:
            told["exception"] = record.exc_text.splitlines()
        return json.dumps(told | spans.current_ids())


def set_up(form: LogFormat, stream: TextIO | None = None) -> None:
    """From now on warnings and worse go to `stream` (standard error for None), one line each, without words of people.

    Call it when libraries that hang handlers on loggers have been imported.
    """
    handler = logging.StreamHandler(stream)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(JsonLines() if form is LogFormat.JSON else logging.Formatter("%(levelname)s: %(message)s"))
    for one in [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]:
        one.handlers.clear()
        one.propagate = True
    logging.root.handlers[:] = [handler]
    logging.setLogRecordFactory(wordless)
    threading.excepthook = _thread_ended
    sys.excepthook = _process_ended
    warnings.showwarning = _warned


def wordless(*args: Any, **more: Any) -> logging.LogRecord:
    """A log record, made of what `logging.LogRecord` is made of, without words of people."""
    record = _STANDARD(*args, **more)
    record.msg, record.args = _sentence(record), ()
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = "\n".join(_failure(record.exc_info[1]))
    record.exc_info = None
    return record


def _sentence(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] not in OWN or not isinstance(record.msg, str):
        what = _argument(record.msg)
        return f"{what} (said by {record.module}:{record.lineno})"
    args = record.args or ()
    known = (
        {key: _argument(one) for key, one in args.items()} if isinstance(args, Mapping) else tuple(map(_argument, args))
    )
    try:
        return (record.msg % known if known else record.msg).strip()
    except (TypeError, ValueError, KeyError):  # %d of a text
        return record.msg


def _argument(found: Any) -> Any:
    if found is None or isinstance(found, bool | int | float | Harmless):
        return found
    if isinstance(found, OSError) and found.errno is not None:
        return f"{type(found).__name__} ({os.strerror(found.errno)})"
    if isinstance(found, BaseException):
        return type(found).__name__
    return found if isinstance(found, str) and _ID.fullmatch(found) else WITHHELD


def _failure(error: BaseException, indent: str = "", seen: frozenset[int] = frozenset()) -> Iterator[str]:
    """Classes and places of an exception, of those it groups, and of what was the matter before."""
    yield f"{indent}{type(error).__qualname__}"
    for frame in traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), lookup_lines=False)[
        -MOST_FRAMES:
    ]:
        yield f"{indent}  {frame.filename}:{frame.lineno} in {frame.name}"
    seen |= {id(error)}
    for one in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _failure(one, f"{indent}    ", seen)
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield f"{indent}after"
        yield from _failure(before, indent, seen)


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        logger.error("a thread ended", exc_info=ended.exc_value)


def _process_ended(_: type[BaseException], error: BaseException, __: Any) -> None:
    logger.critical("the service ended", exc_info=error)


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    logger.warning("%s at %s:%d", Harmless(category.__name__), Harmless(filename), lineno)
