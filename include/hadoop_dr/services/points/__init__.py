"""What the ledger and the documents say of a point: its records, baseline, damage, and how it becomes void."""
