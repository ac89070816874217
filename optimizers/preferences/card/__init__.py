"""The card beside a file of pairs: what is in it, and how its labels hold against what they were not made with."""
