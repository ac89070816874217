"""A debtor's own words: read by a model or by rules, held against the text, and made a move that is said back."""
