"""What a snapshot diff hides, and whether older points are still whole."""
