"""What an entry of a ledger says: one dataclass for each kind, and the values they are made of."""
