"""What the difference between programs is, and how sure."""
