"""What a message states, by code alone: numbers, units, clauses, dates, and what each figure is said of."""
