"""Conduct as code: what the law of a place asks of a collector, as data, and what is done before words leave."""
