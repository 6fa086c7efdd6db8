"""Policy versions: stored, read, and the one the portal ships with."""
