"""What the user's files say, as checked values: pairs, policies, retention, and what they contradict each other in."""
