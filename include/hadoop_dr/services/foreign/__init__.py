"""What somebody else changed on the secondary: found, kept aside, reported (DESIGN.md section 4.6, I10)."""
