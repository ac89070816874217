"""Ground floor: the domain types, the debtor book and its synthesis. Imports plumbing alone."""
