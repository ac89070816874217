"""The time as files keep it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def utc_now() -> str:
    """Now, UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def zone_named(name: str) -> ZoneInfo:
    """The time zone with an IANA name.

    Raises:
        ValueError: there is none; the text says so.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: Europe is a folder
        raise ValueError(f"{name!r} is no time zone") from error
