"""The worker's parts: loops that go on, whose turn it is, and whose fault a failure is."""
