"""Third floor: one compilation strategy a file, behind one registry."""
