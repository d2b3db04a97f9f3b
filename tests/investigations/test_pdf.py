"""A report as PDF: the same words, nothing fetched, nothing that runs."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pypdf
import pytest

from tests.support import kernels, samples
from tests.support.http_server import Handler, listening
from workbench.files import is_as_written
from workbench.investigations import report
from workbench.investigations.pdf import as_pdf

NOW = samples.at(100)

try:
    import weasyprint
except (ImportError, OSError):  # OSError: Pango is not installed
    weasyprint = None
drawn = pytest.mark.skipif(weasyprint is None, reason="no WeasyPrint, or no Pango for it, here")


def _pages(pdf: bytes) -> Sequence[pypdf.PageObject]:
    return pypdf.PdfReader(io.BytesIO(pdf)).pages


@drawn
def test_a_pdf_says_the_same_fetches_nothing_and_is_written_over(tmp_path: Path) -> None:
    out = tmp_path / "INV-12.pdf"
    hostile = samples.hostile()
    report.write(hostile, samples.EVIDENCE, out, ("pdf",), now=NOW)
    assert is_as_written(out)
    pages = _pages(out.read_bytes())
    text = "\n".join(page.extract_text() for page in pages)
    for part in ("Time range", "built-in analyst", "Appendix"):
        assert part in text
    assert all(one.sha256 in text for one in samples.EVIDENCE)
    assert "<script>alert(1)</script>" in text
    links = [a.get_object() for page in pages for a in page.get("/Annots", [])]
    assert not [a for a in links if "/URI" in str(a)]
    assert not [page for page in pages if page.images]
    report.write(hostile, samples.EVIDENCE, out, ("pdf",), now=NOW)


@drawn
def test_nothing_is_fetched_for_a_pdf(tmp_path: Path) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">hunter22</text></svg>')
    asked: list[str] = []

    class Told(Handler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.answer(b"")

    with listening(Told) as url:
        named = f"<link rel=stylesheet href={url}/a.css><img src={url}/a.png><p>all"
        (page,) = _pages(as_pdf(f"{named}<img src={secret.as_uri()}><style>@import '{url}/b'"))
    assert asked == []
    assert page.extract_text().strip() == "all"
    assert not page.images


def test_where_nothing_makes_a_pdf_one_line_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango')")
    code = "from workbench.investigations.pdf import as_pdf; as_pdf('x')"
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}:{kernels.ROOT}"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert "SettingsError: There is nothing installed that makes a PDF." in last
    assert "k8s-workbench[pdf]" in last
    assert "libpango" in last
