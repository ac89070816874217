"""The weights that are trained: where a base lies, its layers one by one, and its adapters in two forms."""
