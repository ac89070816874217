"""Typed contracts of single model calls; each docstring is the prompt. Imports only data."""
