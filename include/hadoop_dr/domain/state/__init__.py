"""What the ledgers of a service and of a pair say, folded into one value each, and that value in a checkpoint."""
