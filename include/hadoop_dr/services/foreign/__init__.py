"""What somebody else changed on the secondary: found, kept aside, reported (I10)."""
