"""A negotiation with a person: stored, answered, taken over."""
