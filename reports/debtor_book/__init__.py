"""The debtor book as one page: how like its seed, how workable, how private."""
