"""Import a lender's own file, of whatever columns, as accounts or as a debtor book.

`python -m data.importing TAPE --map MAP.toml --out accounts.csv`. A map says, per column of ours, which column of the
tape it comes from and how it is written there; maps of five public tapes are in data/importing/maps. Everything wrong
with a tape is told at once, with row and column as a spreadsheet shows them.
"""
