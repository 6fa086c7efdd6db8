"""Cash received: the ledger, the contracts it names, what is not matched yet."""
