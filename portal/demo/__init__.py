"""Invented people and companies for the demo; nothing here is real."""
