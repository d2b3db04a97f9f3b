"""Every kind of document gives its text; what is damaged gives one sentence."""

from __future__ import annotations

import io
import json

import pytest

from workbench.core.knowledge import Type
from workbench.errors import DocumentUnreadable
from workbench.knowledge.reading import LINE_MOST, Read, read

RULES = b"""\
groups:
  - name: kubernetes
    rules:
      - record: job:up
        expr: up
      - alert: PodCrashLooping
        expr: increase(kube_pod_container_status_restarts_total[1h]) > 5
        for: 15m
        labels: {severity: warning}
        annotations: {summary: A pod restarts again and again., runbook_url: "https://runbooks.example/pod"}
"""
HTML = b"""<html><head><title>Debug Pods</title><style>p{}</style></head><body><nav>menu</nav>
<main><h1 id="top">Debug &amp; fix</h1><p>Some   words.</p><h2 id="logs">Logs</h2>
<pre>kubectl logs web
  # not a heading</pre><ul><li>one</li><li>two</li></ul></main>
<script>bad()</script></body></html>"""
NOTEBOOK = {
    "metadata": {"workbench": {"title": "Pending pods", "codes": ["POD_UNSCHEDULABLE"]}},
    "cells": [
        {"cell_type": "markdown", "source": ["# Pending\n", "Why no node takes it."]},
        {"cell_type": "code", "source": "findings()", "outputs": [{"data": "x" * 200_000}]},
    ],
}


def pdf(*texts: str, password: str = "") -> bytes:
    """A PDF with a page for each text, made by hand: Helvetica, one line."""
    streams = [f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET" for text in texts]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(texts)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(texts)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, stream in enumerate(streams):
        font = "/Resources << /Font << /F1 3 0 R >> >>"
        box = "/MediaBox [0 0 612 792]"
        objects.append(f"<< /Type /Page /Parent 2 0 R {box} {font} /Contents {5 + 2 * n} 0 R >>")
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for n, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{n} 0 obj\n{body}\nendobj\n".encode())
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write("".join(f"{p:010} 00000 n \n" for p in places).encode())
    out.write(f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\n".encode())
    out.write(f"startxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def told(found: Read) -> str:
    return "\n".join(f"{p.heading}\n{p.text}" for p in found.pieces)


def test_markdown_gives_title_codes_and_what_its_front_matter_says() -> None:
    page = (
        b"---\ntitle: Broken shop\ntype: runbook\nnamespace: shop\n---\n# A\nSee POD_CRASH_LOOP.\n"
    )
    found = read("shop.md", page)
    assert (found.title, found.type, found.namespace) == ("Broken shop", Type.RUNBOOK, "shop")
    assert found.codes == ("POD_CRASH_LOOP",)


def test_the_shortcodes_of_the_kubernetes_pages_are_left_out() -> None:
    page = b'# A\nA {{< glossary_tooltip text="Pod" term_id="pod" >}} is {{< note >}}small.\n'
    assert "A Pod is small." in told(read("a.md", page))


def test_html_gives_its_content_without_menus_and_scripts() -> None:
    found = read("page.html", HTML)
    assert found.title == "Debug Pods"
    assert [p.anchor for p in found.pieces] == ["top", "logs"]
    assert "Some words." in told(found)
    assert "kubectl logs web\n  # not a heading" in told(found)
    assert "menu" not in told(found)
    assert "bad()" not in told(found)


def test_a_pdf_gives_a_section_a_page() -> None:
    found = read("guide.pdf", pdf("Pods restart.", "Nodes fail."))
    assert [(p.anchor, p.text) for p in found.pieces] == [
        ("page-1", "Pods restart."),
        ("page-2", "Nodes fail."),
    ]


def test_a_notebook_gives_words_and_code_and_no_outputs() -> None:
    found = read("pending.ipynb", json.dumps(NOTEBOOK).encode())
    assert (found.title, found.type) == ("Pending pods", Type.RUNBOOK)
    assert found.codes == ("POD_UNSCHEDULABLE",)
    assert [p.anchor for p in found.pieces] == ["cell-1", "cell-2"]
    assert "xxx" not in told(found)


@pytest.mark.parametrize(
    "rules", [RULES, b"kind: PrometheusRule\nspec:\n  " + RULES.replace(b"\n", b"\n  ")]
)
def test_alert_rules_are_told_in_words(rules: bytes) -> None:
    found = read("rules.yaml", rules)
    (alert,) = found.pieces
    assert found.type is Type.ALERT
    assert alert.heading == "kubernetes > Alert PodCrashLooping"
    assert alert.text.startswith("A pod restarts again and again.")
    assert "Fires for 15m when" in alert.text
    assert "runbook_url: https://runbooks.example/pod" in alert.text


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.pdf", b"%PDF-1.7 and nothing more", "not a PDF"),
        ("a.pdf", pdf("Pods.")[:300], "not a PDF|no text"),
        ("a.pdf", pdf(), "no text"),
        ("a.pdf", b"", "not a PDF"),
        ("a.md", b"\x7fELF\0\0\0", "binary"),
        ("a.md", b"caf\xe9", "not UTF-8"),
        ("a.md", b"x" * 1_000_000, "line of 1,000,000 characters"),
        ("a.md", b"  \n", "no text"),
        ("a.md", b"---\n{: :\n---\n# A\nb", "front matter"),
        ("a.ipynb", b"{", "not a notebook"),
        ("a.ipynb", b"[]", "no cells"),
        ("a.ipynb", b'{"cells": [7]}', "cell 1"),
        ("a.yaml", b"kind: Pod\n", "no alert rules"),
        ("a.yaml", b"a: [", "not YAML"),
        ("a.png", b"\x89PNG", "of no kind"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence(name: str, data: bytes, why: str) -> None:
    with pytest.raises(DocumentUnreadable, match=why) as raised:
        read(name, data)
    assert "\n" not in str(raised.value)
    assert name in str(raised.value)


def test_a_long_line_is_too_long_only_beyond_its_bound() -> None:
    assert read("a.md", b"x " * (LINE_MOST // 2)).pieces
