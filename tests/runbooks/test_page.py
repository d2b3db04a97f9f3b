from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from workbench.runbooks.page import POLICY, page

HOSTILE = "<script>alert(1)</script><img src=https://elsewhere.example/x>"


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.names.add(tag)


def shown(*outputs: dict[str, Any], source: str = "x = 1") -> str:
    cells = [
        {"cell_type": "markdown", "source": f"# {HOSTILE}\n\n{HOSTILE}"},
        {"cell_type": "code", "source": source, "outputs": list(outputs)},
    ]
    return page({"cells": cells}, HOSTILE, HOSTILE)


def test_words_code_text_and_errors_stay_text() -> None:
    made = shown(
        {"output_type": "stream", "text": [HOSTILE, HOSTILE]},
        {"output_type": "error", "ename": HOSTILE, "evalue": HOSTILE, "traceback": [HOSTILE]},
        {"output_type": "display_data", "data": {"text/plain": HOSTILE}},
        {"output_type": "display_data", "data": {}},
        source=HOSTILE,
    )
    assert not Elements(made).names & {"script", "img"}
    assert made.count("&lt;script&gt;") >= 8


def test_what_was_displayed_is_shown_in_its_richest_form() -> None:
    table = {"text/html": "<table class='x'><tr><td>1</td></tr></table>", "text/plain": "as words"}
    made = shown({"output_type": "execute_result", "data": table})
    assert "<td>1</td>" in made
    assert "as words" not in made
    assert "data:image/png;base64,aGk=" in shown(
        {"output_type": "display_data", "data": {"image/png": ["aG", "k=\n"]}}
    )


def test_a_page_may_run_and_load_nothing() -> None:
    assert POLICY in shown().replace("&#x27;", "'")
    assert "default-src 'none'" in POLICY
    assert "script" not in POLICY
