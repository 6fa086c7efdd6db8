"""Signing in, passwords, and the people who may."""
