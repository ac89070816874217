"""Repayment plans: what is due on which day, and which of them binds a debt."""
