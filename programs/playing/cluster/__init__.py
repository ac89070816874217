"""Programs played on a Ray cluster: workers that hold a program and a model each, and a driver that alone writes."""
