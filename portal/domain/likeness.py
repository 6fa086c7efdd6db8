"""How alike the name of a filing and a known name are (§6): any two names, whatever their script."""

from portal.domain.alike import Alike
from portal.domain.alike_chinese import both_chinese
from portal.domain.alike_latin import across, both_latin
from portal.domain.company import Company


def likeness(asked: Company, known: Company) -> Alike:
    """Compare two names taken apart.

    Nearly symmetrical: a short name asked for may mean a whole one that is known, while a bare
    brand that is known says too little to stop a whole name for. From HELD_FROM up the order of
    the two does not matter.
    """
    if asked.han and known.han:
        return both_chinese(asked, known)
    if asked.han or known.han:
        return across(asked, known) if asked.han else across(known, asked)
    return both_latin(asked, known)
