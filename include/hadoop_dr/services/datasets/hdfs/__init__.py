"""Directories: what they hold, lose and may take."""
