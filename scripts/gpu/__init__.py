"""One prepared run for a graphics card that is there for a quarter of an hour: sample, train, evaluate, pack."""
