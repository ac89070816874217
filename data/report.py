"""`python -m data.report`: the debtor book as a page. A door: the page is made two floors higher."""

from plumbing import cli
from reports.debtor_book.book_page import main

if __name__ == "__main__":
    cli.run(main, "python -m data.report")
