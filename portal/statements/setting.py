"""Set papers as PDF: the words come as data, so nothing that people typed is ever read as markup."""

import hashlib
import importlib.util
import io
import json
import re
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from portal.domain.errors import RuleViolation

_ID = re.compile(rb"/ID\[<[0-9A-F]{32}><[0-9A-F]{32}>\](?=>>\s*startxref)")
_MADE = re.compile(rb"(/CreationDate\(D:)\d{14}")
_TEMPLATE = Path(__file__).with_name("statement.typ")
# PDFium is not made for two threads at once.
_pdfium = threading.Lock()


def set_papers(
    papers: Sequence[Mapping[str, Any]], *, title: str, language: str, tagged: bool = True
) -> bytes:
    """One PDF of papers, each from page 1 on; the same words give the same bytes.

    `papers` as `paper_rows.written` makes them. `tagged`: with what a screen reader needs; a batch for the
    printer does without and is made in half the time. `language`: how the words are hyphenated and quoted.
    """
    import typst

    numbered = [{**each, "key": str(place)} for place, each in enumerate(papers)]
    data = json.dumps({"title": title, "language": language, "papers": numbered})
    compiler = typst.Compiler(
        input=_template(), font_paths=_fonts(), ignore_system_fonts=True, sys_inputs={"data": data}
    )
    # No time of making: a paper says when its revision was made.
    pdf = compiler.compile(format="pdf", pdf_tags=tagged, timestamp=0)
    assert isinstance(pdf, bytes)  # noqa: S101 - one file was asked for
    return pdf


def qr_svg(text: str) -> str:
    """A QR code as SVG without a margin; always the same mask, which saves trying eight of them."""
    import segno

    code = segno.make(text, error="m", mask=2, micro=False, boost_error=False)
    return str(code.svg_inline(border=0))


def join(parts: Sequence[bytes]) -> tuple[bytes, int]:
    """Several PDFs as one, and how many pages it has.

    :raises RuleViolation: ``file.storage``: a part is no PDF any more.
    """
    import pypdfium2

    with _pdfium:
        whole = pypdfium2.PdfDocument.new()
        try:
            for part in parts:
                source = pypdfium2.PdfDocument(part)
                whole.import_pages(source)
                source.close()
            buffer = io.BytesIO()
            whole.save(buffer)
            return _timeless(buffer.getvalue(), parts), len(whole)
        except pypdfium2.PdfiumError as error:
            raise RuleViolation("file.storage", "file") from error
        finally:
            whole.close()


def _timeless(pdf: bytes, parts: Sequence[bytes]) -> bytes:
    """The same file without the moment of joining in it: the same parts give the same bytes."""
    mark = hashlib.sha256(b"".join(parts)).hexdigest()[:32].upper().encode()
    pdf = _ID.sub(b"/ID[<" + mark + b"><" + mark + b">]", pdf)
    return _MADE.sub(rb"\g<1>20000101000000", pdf)


@cache
def _template() -> bytes:
    return _TEMPLATE.read_bytes()


@cache
def _fonts() -> Any:
    """The fonts that are shipped, and no other: the same paper on every machine."""
    import typst

    spec = importlib.util.find_spec("manimgx_fonts_cjk")
    assert spec is not None  # noqa: S101 - it is required
    assert spec.origin is not None  # noqa: S101 - it is a folder with files
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(Path(spec.origin).parent)]
    )
