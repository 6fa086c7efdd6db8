"""Takeover and handover cases (C4–C9)."""
