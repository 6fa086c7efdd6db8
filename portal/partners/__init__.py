"""The partner register: kinds, regions, tier terms, their people and projects (P1, P2)."""
