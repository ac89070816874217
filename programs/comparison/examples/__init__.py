"""Comparisons on labelled examples: what is said of any other kind of program than negotiating ones."""
