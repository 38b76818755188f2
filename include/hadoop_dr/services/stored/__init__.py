"""What a point has stored beside the ledgers: its documents on both sites, and its plan among them."""
