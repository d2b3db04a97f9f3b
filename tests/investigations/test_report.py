from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest
from nbclient import NotebookClient

from tests.support import kernels, samples
from workbench.core.evidence import Outcome
from workbench.core.timeline.record import to_json
from workbench.investigations import report
from workbench.investigations.report import ReportPaths, cited, export, notebook, page

CHROMIUM = Path("/usr/bin/chromium")
NOW = samples.at(100)


@pytest.fixture
def exported(tmp_path: Path) -> ReportPaths:
    return export(samples.investigation(), samples.EVIDENCE, tmp_path / "out", now=NOW)


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


def test_the_notebook_is_valid_and_executed(exported: ReportPaths) -> None:
    read = nbformat.read(exported.notebook, as_version=4)
    nbformat.validate(read)
    code = [c for c in read.cells if c.cell_type == "code"]
    assert [c.source for c in code] == [
        'import workbench as wb\n\nwb.load("INV-12")',
        'wb.evidence("INV-12", "E1")',
        'wb.evidence("INV-12", "E3")',
        'wb.evidence("INV-12", "E2")',
    ]
    assert all(c.outputs and c.execution_count for c in code)
    assert "DATABASE_HOST is not set" in code[2].outputs[0].data["text/plain"]


def test_a_claim_stands_right_above_its_evidence(exported: ReportPaths) -> None:
    cells = nbformat.read(exported.notebook, as_version=4).cells
    place = next(i for i, c in enumerate(cells) if 'evidence("INV-12", "E3")' in c.source)
    assert "is not set" in cells[place - 1].source
    assert "hypothesis, no evidence" in cells[place + 2].source


def test_everything_that_was_asked_for_is_in_it(exported: ReportPaths) -> None:
    text = "\n".join(c.source for c in nbformat.read(exported.notebook, as_version=4).cells)
    for part in ("## Why", "## Ruled out", "## Not checked", "## Next", "## Steps", "sha256"):
        assert part in text
    for evidence in samples.EVIDENCE:
        assert evidence.sha256 in text


def test_the_same_investigation_gives_the_same_bytes(tmp_path: Path) -> None:
    made = [export(samples.investigation(), samples.EVIDENCE, tmp_path / n, now=NOW) for n in "ab"]
    assert made[0].notebook.read_bytes() == made[1].notebook.read_bytes()
    assert made[0].html.read_bytes() == made[1].html.read_bytes()


def test_the_notebook_runs_again_and_opens_the_same_evidence(
    exported: ReportPaths, tmp_path: Path
) -> None:
    recorded = nbformat.read(exported.notebook, as_version=4)
    again = nbformat.read(exported.notebook, as_version=4)
    client = NotebookClient(again, timeout=60, kernel_name="python3")
    client.execute(env={**os.environ, **kernels.environment(tmp_path)})
    for before, after in zip(recorded.cells, again.cells, strict=True):
        if before.cell_type == "code":
            texts = [c.outputs[0].data["text/plain"] for c in (before, after)]
            assert texts[0] == texts[1]


def test_the_page_is_small_and_loads_nothing(exported: ReportPaths) -> None:
    text = exported.html.read_text()
    assert len(text) < 100_000
    read = Page(text)
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(read.tags)
    hrefs = [value for tag, name, value in read.attributes if name in ("href", "src")]
    assert all(value and value.startswith("#") for value in hrefs)


def test_the_policy_allows_this_style_sheet_and_nothing_else(exported: ReportPaths) -> None:
    text = exported.html.read_text()
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    contents = [v for tag, name, v in Page(text).attributes if name == "content" and v]
    assert f"style-src 'sha256-{digest}'" in contents[0]
    assert contents[0].startswith("default-src 'none'")


def test_every_chip_on_the_page_has_its_evidence(exported: ReportPaths) -> None:
    read = Page(exported.html.read_text())
    anchors = {value for _, name, value in read.attributes if name == "id"}
    chips = {value[1:] for tag, name, value in read.attributes if name == "href" and value}
    assert chips
    assert chips <= anchors


def test_a_long_result_is_cut_at_both_ends_and_says_so() -> None:
    long = samples.evidence("E1", "logs", "head " + "x" * 50_000 + " tail")
    text = page(samples.investigation(), [long], now=NOW)
    assert "characters not shown" in text
    assert "head " in text
    assert " tail" in text
    assert len(text) < 60_000


def test_unfinished_and_unproven_investigations_can_be_reported() -> None:
    refused = samples.evidence("E1", "delete", "", outcome=Outcome.REFUSED, error="changes are off")
    for steps in (samples.WORK, (*samples.WORK, samples.failed(cancelled=True)), ()):
        tree = notebook(samples.investigation(steps), [refused], now=NOW)
        nbformat.validate(nbformat.from_dict(tree))
        assert "changes are off" in page(samples.investigation(steps), [refused], now=NOW)


def test_labels_come_in_the_order_they_came_up() -> None:
    assert cited(samples.investigation()) == ("E1", "E2", "E3")


@pytest.fixture
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1100), ("dark", 390)])
def test_in_a_browser_hostile_text_is_inert(
    browser: Any, scheme: str, width: int, tmp_path: Path
) -> None:
    hostile = samples.hostile()
    made = export(hostile, samples.EVIDENCE, tmp_path, now=NOW)
    view = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    requests: list[str] = []
    noise: list[str] = []
    view.on("request", lambda r: requests.append(r.url))
    view.on("dialog", lambda d: (noise.append(d.message), d.dismiss()))
    view.on("console", lambda m: noise.append(m.text))
    view.goto(made.html.as_uri())
    view.wait_for_timeout(200)
    assert requests == [made.html.as_uri()]
    assert noise == []
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    colour = view.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(18, 22, 27)")


def test_a_report_never_holds_more_than_its_limit_of_a_result() -> None:
    assert report.EVIDENCE_CHARACTERS <= 10_000


def test_a_recorded_timeline_is_a_picture_with_the_steps_beside_it() -> None:
    told = to_json(samples.incident())
    recorded = samples.evidence("E2", "kube_timeline", "text", data=told)
    shown = page(samples.investigation(), [recorded], now=NOW)
    read = Page(shown)
    assert read.tags.count("svg") == 2
    assert "changed 03:01:05" in shown
    assert "Investigation" in shown
    assert "style" not in {name for _, name, _ in read.attributes}
    tree = notebook(samples.investigation(), [recorded], now=NOW)
    assert any("<svg" in str(c.get("outputs")) for c in tree["cells"])


def test_without_a_recorded_timeline_there_is_no_picture() -> None:
    odd = samples.evidence("E2", "kube_timeline", "text", data={"rows": 3})
    assert "<svg" not in page(samples.investigation(), [odd], now=NOW)


def test_markdown_says_what_the_notebook_shows(tmp_path: Path) -> None:
    (path,) = report.write(samples.investigation(), samples.EVIDENCE, tmp_path, ("md",), now=NOW)
    text = path.read_text()
    for part in ("# INV-12", "## Why", "## Not checked", "## Every recorded call"):
        assert part in text
    assert "DATABASE_HOST is not set" in text
    assert all(one.sha256 in text for one in samples.EVIDENCE)
    assert "wb.evidence" not in text
    assert text.count("**Why**") + text.count("## Why") == 1  # nothing is told twice


def test_a_recorded_timeline_is_a_table_with_the_steps_in_it() -> None:
    recorded = samples.evidence("E4", "kube_timeline", "", data=to_json(samples.incident()))
    told = report.document(samples.investigation(), [*samples.EVIDENCE, recorded], now=NOW)
    table = told[told.index("## Timeline") :]
    assert "Changed before it broke" in table
    assert "asked" in table


def test_what_leaves_is_redacted_once_more(tmp_path: Path) -> None:
    token = "gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    held = samples.evidence("E1", "logs", f"token={token}", data={"log": f"token={token}"})
    held = msgspec.structs.replace(held, arguments={"selector": f"x={token}"}, error=token)
    asked = samples.investigation(question=f"why does {token} not work?")
    paths = report.write(asked, [held], tmp_path, now=NOW)
    assert [p.suffix for p in paths] == [".ipynb", ".html", ".md"]
    for path in paths:
        text = path.read_text()
        assert token not in text
        assert "Only now out of E1" in text
    clean = report.write(samples.investigation(), samples.EVIDENCE, tmp_path / "clean", now=NOW)
    assert "Only now out of" not in clean[2].read_text()
