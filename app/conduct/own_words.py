"""What a program may say in its own words beside the offer: no figure, nothing it was told in private, no markup.

The offer and the questions are sentences that code writes. The rest is a model's, and a debtor may have talked that
model into anything. So its words are held against what it was told: a passage of its prompt or of its thoughts that
the debtor has not seen does not leave. What a model paraphrases, or says in another language, no such rule can see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.conduct.profile import Action, Finding
from metrics.talk.disclosure import limit_disclosures
from metrics.talk.numerals import NUMBER, parse
from metrics.talk.stated import stated_figures
from plumbing.plain_text import normalised
from wording import language_spoken, mark
from wording.tags import catalogue_tag

PROMPT_CHARS = 24
"""Letters and digits in a row, spaces and marks left out, that make a passage of a prompt: about five words.

Of 1,968 sentences that a small model said in recorded negotiations six had one, each the same echo of its briefing;
with 20 they were 465, most of them "income, expenses or savings".
"""
WHOLE_SENTENCE_CHARS = 12
"""The same where the passage is the whole sentence ("Your output fields are."): nothing of the model's own is in it."""
THOUGHT_CHARS = 16
"""The same for thoughts that are not the prompt's words."""
SHORTEST_THOUGHT_CHARS = 10
OWASP = "OWASP Top 10 for LLM Applications 2025"

_NUMBER = re.compile(NUMBER, re.IGNORECASE)
_FIGURE = re.compile(
    r"\d|\b(?:half|halves|thirds?|quarters?|fifths?|tenths?|dozens?|percent(?:age)?|per cent|hundreds?|thousands?"
    r"|millions?)\b|[百千万亿半折]"
    r"|\b(?=[IVXLCDM]{2})M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\b",
)
_BRACKETS = re.compile(r"\[[^\[\]]{0,60}\]")
_LARGEST_SAID = 2
"""One and two are words of any sentence ("one more question")."""


@dataclass(frozen=True)
class Private:
    """What a model was told and the debtor was not; texts in letters and digits alone (`of` makes them so)."""

    prompts: str = ""
    thoughts: str = ""
    seen: str = ""
    """What the debtor has read or written."""
    placeholders: frozenset[str] = frozenset()
    """Those that stand for something (`app.privacy.redaction`); others are made up."""

    @classmethod
    def of(
        cls, prompts: Iterable[str], thoughts: str, seen: Iterable[str], placeholders: frozenset[str] = frozenset()
    ) -> Private:
        """From texts as they are written."""
        return cls(" ".join(map(_squeezed, prompts)), _squeezed(thoughts), " ".join(map(_squeezed, seen)), placeholders)

    def passage(self, sentence: str) -> bool:
        """Whether something private stands in a sentence."""
        said = _squeezed(sentence)
        short = self.thoughts if SHORTEST_THOUGHT_CHARS <= len(self.thoughts) < THOUGHT_CHARS else ""
        if len(said) >= WHOLE_SENTENCE_CHARS and said in self.prompts and said not in self.seen:
            return True
        own_thoughts = [*_pieces(said, THOUGHT_CHARS), *([short] if short and short in said else [])]
        return any(
            (piece in self.prompts or piece in self.thoughts) and piece not in self.seen
            for piece in _pieces(said, PROMPT_CHARS)
        ) or any(
            piece in self.thoughts and piece not in self.prompts and piece not in self.seen for piece in own_thoughts
        )


def own_breaches(sentence: str, private: Private) -> Iterator[Finding]:
    """Why a sentence of a model's own may not leave."""
    if figure := _figure(sentence):
        why = mark("figures are stated by code, and a model's own could be a limit")
        yield _finding("own_figure", figure, why, "LLM02, Sensitive Information Disclosure")
    if limits := limit_disclosures(sentence):
        yield _finding(
            "limit", limits[0], mark("it tells where a limit lies"), "LLM02, Sensitive Information Disclosure"
        )
    if private.passage(sentence):
        why = mark("it is a passage of the prompt or of the thoughts")
        yield _finding("private_passage", sentence, why, "LLM07, System Prompt Leakage")
    unknown = [one for one in _BRACKETS.findall(sentence) if one.upper() not in private.placeholders]
    if unknown:
        yield _finding("placeholder", unknown[0], mark("it stands for nothing"), "LLM05, Improper Output Handling")


def _finding(rule: str, excerpt: str, why: str, source: str) -> Finding:
    return Finding(rule, Action.REPAIR, excerpt[:200], why, f"{OWASP}, {source}")


def _figure(sentence: str) -> str | None:
    """A number in digits or words; None where there is none that could be a term."""
    bare = _BRACKETS.sub("", sentence)
    if match := _FIGURE.search(bare):
        return match.group()
    if figures := stated_figures(bare):
        return bare[slice(*figures[0].span)]
    said = next((m.group() for m in _NUMBER.finditer(bare) if parse(m.group()) > _LARGEST_SAID), None)
    return said or _spelled(bare)


def _spelled(sentence: str) -> str | None:
    """A number in words of the language that is spoken, where that is none whose words the other patterns read."""
    tag = catalogue_tag(language_spoken())
    if tag in (None, "en", "zh"):
        return None
    from text_to_num import alpha2digit

    try:
        found = re.search(r"\d+", alpha2digit(sentence, tag))
    except NotImplementedError:  # a language whose numbers the library does not know
        return None
    return found.group() if found else None


def _squeezed(text: str) -> str:
    """Letters and digits alone, so that neither marks nor spaces between letters hide a passage."""
    return re.sub(r"[\W_]", "", normalised(text).casefold())


def _pieces(said: str, size: int) -> list[str]:
    return [said[at : at + size] for at in range(len(said) - size + 1)]
