"""First floor: the thirteen metrics, the indices and the objective, as pure functions of a negotiation record."""
