"""A report's page as a PDF: drawn by WeasyPrint, without a browser.

Nothing is fetched for it, whatever the page names, and there is no script that could run.
"""

from __future__ import annotations

import logging
from typing import Any

from workbench.errors import SettingsError
from workbench.files import SEAL

MISSING = (
    "pip install 'k8s-workbench[pdf]', and from the system Pango (Debian: libpango-1.0-0, "
    "libpangoft2-1.0-0, libharfbuzz-subset0); or print the HTML."
)


def as_pdf(page: str) -> bytes:
    """The page as a PDF with room for a seal. Raises SettingsError where WeasyPrint or the Pango it
    draws with is not installed."""
    weasyprint = _weasyprint()
    nothing = weasyprint.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    document = weasyprint.HTML(string=page, url_fetcher=nothing)
    content: bytes = document.write_pdf(finisher=_with_seal)
    return content


def _with_seal(document: Any, pdf: Any) -> None:
    import pydyf

    pdf.info["Producer"] = pydyf.String("k8s-workbench, WeasyPrint")
    pdf.info["Seal"] = pydyf.String(SEAL)


def _weasyprint() -> Any:
    for name in ("weasyprint", "fontTools"):  # they tell of every line of CSS that is for screens
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        import weasyprint
        import weasyprint.urls
    except (ImportError, OSError) as error:  # OSError: Pango is missing
        raise SettingsError("There is nothing installed that makes a PDF.", MISSING) from error
    return weasyprint
