"""The text of a PDF, a section a page."""

from __future__ import annotations

import io
import logging
import struct
import zlib

from workbench.errors import DocumentUnreadable
from workbench.knowledge.sections import Section

_DAMAGE = (
    ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError,
    AssertionError, NotImplementedError, struct.error, zlib.error, OSError,
)  # fmt: skip
"""What the parser lets through of damaged files, besides errors of its own."""


def pages(name: str, data: bytes) -> tuple[str, list[Section]]:
    """The title and a section for each page with text. Raises DocumentUnreadable."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # a word for every flaw it mends
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentUnreadable(f"{name} needs a password.", "Save it without one.")
        texts = [page.extract_text() for page in reader.pages]
        title = str((reader.metadata and reader.metadata.title) or "")
    except (PyPdfError, *_DAMAGE) as error:
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise DocumentUnreadable(f"{name} is not a PDF that can be read: {words}.") from error
    if not any(text.strip() for text in texts):
        raise DocumentUnreadable(
            f"{name} has no text: its pages are pictures.", "Run a text recognition over it."
        )
    return title.strip(), [
        Section(text=text.strip(), anchor=f"page-{number}", path=(f"Page {number}",))
        for number, text in enumerate(texts, 1)
        if text.strip()
    ]
