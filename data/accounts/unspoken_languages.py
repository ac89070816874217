"""Accounts of people whose language cannot be spoken yet, told before they are written to in another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from wording.tags import SOURCE, catalogue_tag, english_name, well_formed


def unspoken(languages: Iterable[str | None], what: str = "account", instead: str = SOURCE) -> str:
    """How many there are in languages without a catalogue, as a sentence; "" where there are none.

    Args:
        languages: of each account, as BCP 47 tags; None or "" where nobody knows.
        what: one of them is called.
        instead: the tag of the language that they are written to in.
    """
    found: Counter[str] = Counter()
    for written, number in Counter(filter(None, languages)).items():
        if catalogue_tag(written) is None:
            found[well_formed(written)] += number
    if not found:
        return ""
    (tag, number), *others = found.most_common()
    told = ", ".join([f"{number} {what}{'' if number == 1 else 's'} in {tag}", *(f"{n} in {t}" for t, n in others)])
    return f"{told}, which cannot be spoken yet: they are written to in {english_name(instead)}"
