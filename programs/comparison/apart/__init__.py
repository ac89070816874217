"""Comparisons that cannot be paired: a log of calls beside programs, where debtors differ or finances are unknown."""
