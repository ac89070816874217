"""What a reading of a debtor's message is worth: signals, terms and questions against the labels."""
