"""Screening for the people responsible: what the service would notice in words, read in them, and let leave."""
