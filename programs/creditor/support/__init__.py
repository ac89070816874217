"""Decision support for a creditor: what a debtor can probably pay, what it would take, and what an offer is worth."""
