"""Tables, transactions, the audit log, and the steps between two shapes."""
