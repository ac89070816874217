"""Who is told what a compile does."""
