"""The cellar: what knows nothing of debts. Errors, command lines, files, locks, bars, plain text."""
