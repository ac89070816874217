"""Personal data: placeholders in what a model reads, and forgetting."""
