"""What of a catalog a point holds: at which roots, and what it leaves out and why."""
