"""Support requests (L2): asked on a project or a partner, owed by somebody until a day, answered."""
