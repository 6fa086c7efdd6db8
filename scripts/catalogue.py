"""The Chinese catalogue: `update` brings it up to date with the source, `check` only looks.

python scripts/catalogue.py update    extract, merge, compile; prints what lacks Chinese
python scripts/catalogue.py check     exit 1 and a list when something is missing or stale
"""

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[#0 +-]*\d*(?:\.\d+)?[sdifr%]|\{\w*\}")
# An English sentence left as it is: at least three words in a row.
ENGLISH = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}")
HAN = re.compile(r"[\u4e00-\u9fff]")
# The house's tone in Chinese: 你, calm, no orders.
UNWANTED = ("您", "！", "请注意", "!")


def babel(*arguments: str) -> None:
    """Run pybabel in the project's root; its own complaints go to standard error."""
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


def extract(template: Path) -> None:
    """Write every text of the source to `template` (.pot), in an order that stays the same."""
    babel(
        *("extract", "-F", "babel.cfg", "-k", "lazy_gettext", "-k", "lazy_ngettext:1,2"),
        *("-k", "_l", "-c", "Translators:", "--add-location=file", "--sort-by-file", "--no-wrap"),
        *("--project", "Partner Portal", "-o", str(template), "."),
    )


def read(path: Path) -> Catalog:
    """The catalogue in a .po or .pot file; a template has the plural forms of no language yet."""
    with path.open("rb") as file:
        return read_po(file, locale=None if path.suffix == ".pot" else "zh")


def compiled(catalogue: Catalog) -> bytes:
    """The .mo file that belongs to `catalogue`."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def update() -> list[str]:
    """Merge the source's texts into the catalogue and compile it; what is still wrong."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        extract(template)
        PO.parent.mkdir(parents=True, exist_ok=True)
        how = ["-i", str(template), "-o", str(PO), "-l", "zh", "--no-wrap"]
        if PO.exists():
            babel("update", *how, "--no-fuzzy-matching", "--ignore-pot-creation-date",
                  "--ignore-obsolete")  # fmt: skip
        else:
            babel("init", *how)
    MO.write_bytes(compiled(read(PO)))
    return [fault for message in read(PO) for fault in faults(message)]


def check() -> list[str]:
    """What stands between the committed catalogue and a complete Chinese interface."""
    if not PO.exists() or not MO.exists():
        return [f"{PO.relative_to(ROOT)} or its .mo is missing"]
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        extract(template)
        source = {key(message) for message in read(template) if message.id}
    catalogue = read(PO)
    known = {key(message) for message in catalogue if message.id}
    found = [f"not in the catalogue: {text!r}" for text in sorted(source - known)]
    found += [f"no longer in the source: {text!r}" for text in sorted(known - source)]
    found += [fault for message in catalogue for fault in faults(message)]
    if MO.read_bytes() != compiled(catalogue):
        found.append(f"{MO.relative_to(ROOT)} is not what the .po compiles to")
    return found


def texts(part: str | list[str] | tuple[str, ...] | None) -> list[str]:
    """A message's source or translation as a list: plural forms are several texts."""
    if not part:
        return []
    return [part] if isinstance(part, str) else list(part)


def key(message: Message) -> str:
    """What makes two messages the same one."""
    return "\x00".join([message.context or "", *texts(message.id)])


def faults(message: Message) -> list[str]:
    """What is wrong with one entry; nothing for a good one."""
    if not message.id:
        return []
    name = texts(message.id)[0]
    chinese = texts(message.string)
    if message.fuzzy:
        return [f"fuzzy: {name!r}"]
    if not chinese or not all(text.strip() for text in chinese):
        return [f"no Chinese: {name!r}"]
    found = []
    if any(HAN.search(text) for text in texts(message.id)):
        found.append(f"source text is not English: {name!r}")
    expected = placeholders(texts(message.id)[-1])
    for text in chinese:
        if placeholders(text) != expected:
            found.append(f"placeholders differ: {name!r} -> {text!r}")
        if (ENGLISH.search(text) and not HAN.search(text)) or (ENGLISH.search(name) and text == name):
            found.append(f"still English: {name!r}")
        found += [f"{word!r} in {text!r}" for word in UNWANTED if word in text]
    return found


def placeholders(text: str) -> list[str]:
    """The places where values go, in no particular order."""
    return sorted(PLACEHOLDER.findall(text))


def main(arguments: list[str]) -> int:
    """The command line; the exit code."""
    if arguments not in (["update"], ["check"]):
        print(__doc__, file=sys.stderr)
        return 2
    found = update() if arguments == ["update"] else check()
    for fault in found:
        print(fault, file=sys.stderr)
    if found and arguments == ["check"]:
        print(
            "Run `make i18n`, fill in what it lists in translations/zh/LC_MESSAGES/messages.po,"
            " run it again and commit both files.",
            file=sys.stderr,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
