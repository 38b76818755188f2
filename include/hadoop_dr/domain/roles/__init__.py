"""Which site has which role, and which one clients use."""
