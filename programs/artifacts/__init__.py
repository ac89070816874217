"""A compiled program as a file: saved, loaded, compared, promoted."""
