"""Reading PDFs in tests: text and pictures of pages, and the QR codes in them."""

import re
from typing import Any

import pypdfium2
import zxingcpp


def page_texts(pdf: bytes) -> list[str]:
    """The text of every page, one space between words."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    finally:
        document.close()


def qr_codes(pdf: bytes) -> list[str]:
    """What the QR code of every page says, read from the picture of the page."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [_decoded(page) for page in document]
    finally:
        document.close()


def _decoded(page: Any) -> str:
    bitmap = page.render(scale=2.5, grayscale=True)
    picture = memoryview(bytes(bitmap.buffer)).cast("B", (bitmap.height, bitmap.stride))
    found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1, "every page has one code"
    return str(found[0].text)


def heights_of(pdf: bytes, text: str) -> list[float]:
    """How high on the first page each piece of text stands that is `text`, from the top; `_`: any figure."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0].get_textpage()
        whole = page.get_text_range()
        pattern = r"(?<![\w.,-])" + re.escape(text).replace("_", r"\d") + r"(?![\w.,-])"
        return [page.get_charbox(found.end() - 1)[1] for found in re.finditer(pattern, whole)]
    finally:
        document.close()
