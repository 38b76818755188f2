"""What somebody else did to the secondary's catalog: what it is told from, found, kept and undone."""
