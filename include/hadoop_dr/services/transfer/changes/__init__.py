"""What has to change, read from snapshots of both sites: differences, listings, and the items they make."""
