"""Labelled messages: what debtors write and creditors say, for reading programs, classifiers and rules.

`python -m data.messages FILE` checks a file of one's own.
"""
