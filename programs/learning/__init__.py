"""What the decision support learns from: training negotiations, played here, and the fitting of its models."""
