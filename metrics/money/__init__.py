"""What a plan pays and what that is worth: schedule, simulation, indices, weights, oracle."""
