"""In which language a message is written, where it is none that is spoken here."""

from __future__ import annotations

from functools import lru_cache

SPOKEN = ("en", "es", "zh")
_NEAR = frozenset({"yue", "wuu", "pcm", "jam"})
"""Varieties that readers of the spoken ones follow: Cantonese and Wu in writing, Nigerian and Jamaican English."""
FEWEST_WORDS = 3
"""In fewer words nobody can tell one language from another."""
CLEARLY = 20.0
"""By so much more (log probability) another language fits than the best of those spoken.

Of 5,662 labelled messages in a spoken language 6 pass it, and of those written in another one nearly all.
"""


@lru_cache(maxsize=1024)
def other_language(text: str) -> str | None:
    """The ISO 639 code of the language of a message that is written in none of `SPOKEN`; None where it is in one."""
    if text.isascii() and len(text.split()) < FEWEST_WORDS:
        return None
    import py3langid  # a tenth of a second to load its model

    ranked = dict(py3langid.rank(text.lower()))
    best = max(ranked, key=ranked.__getitem__)
    if best in SPOKEN or best in _NEAR or ranked[best] - max(ranked[one] for one in SPOKEN) < CLEARLY:
        return None
    return str(best)
