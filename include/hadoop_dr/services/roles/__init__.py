"""Changes of roles: which site is primary, and what has to move with it (S2.22 to S2.24)."""
