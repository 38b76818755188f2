"""Which directories snapshots are taken of, whose they are, and how they give way to others."""
