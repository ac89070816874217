"""A comparison as one page to read and print."""
