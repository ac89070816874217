"""The reader: what a debtor's message is about, and which terms it names."""
