"""Planner, negotiator and judge that choose among computed options instead of steps on a fixed ladder."""
