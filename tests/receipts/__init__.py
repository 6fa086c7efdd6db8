"""Receipts: the ledger, its pages, matching numbers, calling periods complete."""
