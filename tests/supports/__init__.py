"""Support requests (L2). `tests/support` holds the suite's own helpers."""
