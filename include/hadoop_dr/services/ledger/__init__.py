"""Ledgers: chains on two sites, a service's entries, claims and their progress, the pair's roles."""
