"""What `check` shows: what a run is refused for, and what is only advised."""
