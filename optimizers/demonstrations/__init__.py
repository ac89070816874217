"""Which turns of good negotiations are worth showing."""
