"""The plan of a root: its ordered steps, its size, what it deletes, and how it is shared out."""
