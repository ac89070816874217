"""`python -m data.synthesis`: makes a debtor book."""

from data.synthesis import main
from plumbing import cli

if __name__ == "__main__":
    cli.run(main, "python -m data.synthesis")
