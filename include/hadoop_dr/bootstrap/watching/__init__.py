"""What watches a pair: its holds, the heartbeats of its nodes, and who is told of alarms."""
