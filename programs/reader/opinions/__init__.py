"""Trained opinions on what words mean: whether a figure is offered, whether an offer is taken."""
