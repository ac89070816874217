"""Trained opinions on what words mean: whether a figure is offered, whether a message takes an offer or makes one."""
