"""The formats of a point's documents: each kind has one form, with a version in it."""
