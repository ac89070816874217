"""What the benchmarks' documents share: numbers, spans and tables in Markdown, and the files they are written to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from metrics.statistics.intervals import Interval
from plumbing import cli
from plumbing.files import replace_file

NONE = "–"


def number(value: float, decimals: int = 3, sign: str = "") -> str:
    """`value` in so many decimals, never a negative zero; `sign` "+" shows the sign of positive ones too."""
    return f"{round(value, decimals) + 0.0:{sign}.{decimals}f}"


def span(found: Interval, decimals: int = 3, sign: str = "") -> str:
    """`[low, high]`; empty where there are too few debtors for an interval."""
    if found.low is None or found.high is None:
        return ""
    return f"[{number(found.low, decimals, sign)}, {number(found.high, decimals, sign)}]"


def p_value(value: float) -> str:
    """A p-value in three decimals."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join("|".join(("", *cells, "")) for cells in (heading, ["---"] * len(heading), *rows))


def bullets(facts: Iterable[tuple[str, str]]) -> str:
    """`- name: value`, a line each."""
    return "\n".join(f"- {name}: {value}" for name, value in facts)


def code_line(code: Mapping[str, Any], metric_version: str) -> str:
    """Which code played and scored."""
    revision = "unknown" if code["revision"] is None else code["revision"][:12] + (", changed" if code["dirty"] else "")
    return f"{revision}; playing code {code['playing_sha256'][:12]}; metrics version {metric_version}"


def write_files(out: Path, contents: Mapping[str, bytes]) -> None:
    """Write `OUT` + suffix for each, and say so.

    Args:
        out: path without a suffix.
        contents: by suffix, such as ".md".

    Raises:
        OSError: a file cannot be written.
    """
    for suffix, content in contents.items():
        path = out.with_name(out.name + suffix)
        replace_file(path, content)
        cli.stderr.print(f"written: {path}", highlight=False, soft_wrap=True)
