"""A negotiation service around a compiled program: for debtors, and for the people responsible."""
