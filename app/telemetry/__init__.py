"""What the service tells those who run it, without a word of a person: log lines, and traces of a turn."""
