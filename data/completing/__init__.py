"""Complete accounts into debtor books: what no lender knows is drawn from the synthesis' model, given what it knows.

Compiling and comparing need debtors who answer. `python -m data.completing ACCOUNTS --out book.csv --draws K` makes K
books of one lender's accounts; what differs between them is what nobody knows.
"""
