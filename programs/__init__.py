"""Second floor: the negotiation programs, the table they sit at, the models behind them and the command lines."""
