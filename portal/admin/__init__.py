"""People, and the audit trail."""
