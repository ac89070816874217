"""Who sits on the debtor's side: simulated, played by a model, or a person."""
