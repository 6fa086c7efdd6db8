"""Telling people what happened: inbox, mail and robots."""
