"""Ground floor: the domain types, the debtor book and its synthesis. Imports nothing of ours."""
