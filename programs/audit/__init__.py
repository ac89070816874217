"""Do the debtors listen? The checks of whoever sits on the debtor's side."""
