"""The documents of a point: each kind has one form with a version in it (DESIGN.md sections 3 and 7)."""
