"""New instructions: how they are asked for, and which are none."""
