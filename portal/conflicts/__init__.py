"""Who owns a customer: the fold of `domain.conflicts`, loaded, applied and checked."""
