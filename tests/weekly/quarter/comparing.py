"""Where two texts differ, and everything that a text says, by its place: so that no figure goes unseen."""

from collections.abc import Iterator, Mapping
from typing import Any


def differences(found: Any, wanted: Any, path: str = "") -> Iterator[str]:
    """Every place at which two texts do not say the same, with what each says."""
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        for name in sorted(found.keys() | wanted.keys()):
            yield from differences(found.get(name, "nothing"), wanted.get(name, "nothing"), f"{path}.{name}")
    elif isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        for place, (one, other) in enumerate(zip(found, wanted, strict=True)):
            yield from differences(one, other, f"{path}[{place}]")
    elif found != wanted:
        yield f"{path}: {found!r} is not {wanted!r}"


def said(text: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every single word and figure of a text; all members of a list have one place, and all numbers."""
    if isinstance(text, Mapping):
        yield from ((f"{path}{{}}", each) for each in text if each.isdecimal())
        for name, value in text.items():
            place = f"{path}{{}}" if name.isdecimal() else f"{path}.{name}".removeprefix(".")
            yield from said(value, place)
    elif isinstance(text, list):
        yield f"{path}[]", len(text)
        for value in text:
            yield from said(value, f"{path}[]")
    else:
        yield path, text
