"""What the ledger and the documents say of a point: its plan, records, baseline, damage, and how it becomes void."""
