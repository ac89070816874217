"""Our side of the table: planner, negotiator, judge, and the rules that play in their place."""
