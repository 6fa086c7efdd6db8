"""Which customer a filing is on: retrieval around `domain.matching` and `domain.identity`."""
