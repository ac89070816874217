"""What may be paid, and what is paid already."""
