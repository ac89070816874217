"""One compile from configuration to artifact."""
