"""A program played on many debtors, and what was played kept."""
