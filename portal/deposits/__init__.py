"""Deposits, debts and wholesale traffic: what a partner has paid in, owes, and may use up (B1–B5, M11)."""
