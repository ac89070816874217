"""`python -m data.book`: every fault of a debtor book at once."""

from data.book import check
from plumbing import cli

if __name__ == "__main__":
    cli.run(check, "python -m data.book")
