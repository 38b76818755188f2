"""Changes of roles, wired."""
