"""Models and what a call of them costs."""
