"""Preferences of a student that picks among computed options: its pick exchanged, each option played to its end."""
