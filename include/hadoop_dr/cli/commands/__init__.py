"""The commands, a module for each group of them, and their tree."""
