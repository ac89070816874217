"""Sentences in several languages: one catalogue each, and amounts, shares and dates as a language writes them.

English is what stands in the code. A sentence is said with `say` in the language of the block that it is in
(`speaking`); `mark` names a sentence where it is not said yet. A new language is a new file in `languages/`.
"""

from wording.catalogues import catalogue_of, mark, say, say_in, say_many, sentences
from wording.locale_formats import date_text, money_text, number_text, share_text
from wording.spoken import DEFAULT, language_spoken, speaking
from wording.tags import LANGUAGES, LanguageTag, chosen, english_name, well_formed

__all__ = [
    "DEFAULT",
    "LANGUAGES",
    "LanguageTag",
    "catalogue_of",
    "chosen",
    "date_text",
    "english_name",
    "language_spoken",
    "mark",
    "money_text",
    "number_text",
    "say",
    "say_in",
    "say_many",
    "sentences",
    "share_text",
    "speaking",
    "well_formed",
]
