"""Tables of text cells as people send them: encodings, delimiters, broken quotes, and what is wrong with them.

Rows are counted as a spreadsheet shows them, so that whoever opens the file finds the row that a sentence names.
"""
