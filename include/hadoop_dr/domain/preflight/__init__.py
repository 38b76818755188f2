"""What is judged before a run: coverage, free space, and what is only advised."""
