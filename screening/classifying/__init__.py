"""A small trained classifier of short texts: its features, its fitting, its file."""
