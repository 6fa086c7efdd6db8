"""No deadline for a single example: a busy machine is slow without being wrong."""

from hypothesis import settings

settings.register_profile("domain", deadline=None)
settings.load_profile("domain")
