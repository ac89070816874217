"""What DSPy's own optimisers need around them."""
