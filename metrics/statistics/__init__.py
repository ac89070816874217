"""Intervals and tests, how many debtors show a difference, and how reliable a program is."""
