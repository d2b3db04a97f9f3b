"""The guided tour, and what can be clicked, in a real JupyterLab in a real browser."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from tests.browser.conftest import shot
from tests.support.api_server import free_port
from tests.support.kernels import notebook

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PATIENCE = 240
"""Seconds that one thing may take on a machine that does much else; a free one needs 30 in all."""
TOKEN = "only-for-this-test"
PROMPTS = ".jp-CodeCell .jp-InputPrompt"
STARTED = "document.querySelector('.jp-CodeCell .jp-InputPrompt').textContent != '[ ]:'"
ERRORS = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type$='stderr']"
OVERFLOW = """() => [...document.querySelectorAll('.wb')]
    .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 80))"""
UNSTYLED = """() => {
    const one = document.querySelector('.wb-command');
    return getComputedStyle(one).borderLeftWidth + ' ' + getComputedStyle(one).backgroundColor;
}"""

pytestmark = [
    pytest.mark.timeout(4 * PATIENCE),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("jupyterlab", "playwright")),
        reason="JupyterLab or playwright is not installed",
    ),
]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of the tour in a JupyterLab that was just started."""
    try:
        importlib.metadata.version("k8s-workbench")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package is not installed: pip install -e .")
    settings = Path.home() / ".jupyter/lab/user-settings/@jupyterlab/notebook-extension"
    settings.mkdir(parents=True)
    whole = '{"windowingMode": "none"}'  # cells out of sight stay in the document
    (settings / "tracker.jupyterlab-settings").write_text(whole)
    port = free_port()
    command = [
        *(sys.executable, "-m", "workbench", "lab", "--dir", str(tmp_path / "lab")),
        *("--no-browser", f"--port={port}", f"--IdentityProvider.token={TOKEN}"),
        *("--LabApp.workspaces_dir", str(tmp_path / "workspaces")),
    ]
    with (tmp_path / "lab.log").open("w") as log:
        serving = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
        try:
            _until_there(tmp_path / "lab.log", f":{port}/")
            yield f"http://127.0.0.1:{port}/lab/tree/tour.ipynb?token={TOKEN}"
        finally:
            serving.terminate()
            serving.wait(30)


def test_the_tour_runs_to_its_end_and_reads_well(lab: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE * 1000
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(lab)
        page.wait_for_selector(PROMPTS, timeout=PATIENCE * 1000)
        page.wait_for_selector(
            "text=| Idle", timeout=PATIENCE * 1000
        )  # cells sent earlier are dropped
        page.click(f"{PROMPTS} >> nth=0")  # the menu works on the notebook that has the focus
        page.click(".lm-MenuBar-itemLabel:text-is('Run')")
        page.click(".lm-Menu-itemLabel:text-is('Run All Cells')")
        page.wait_for_function(STARTED, timeout=PATIENCE * 1000)
        _until_run(page)
        page.set_viewport_size({"width": 1280, "height": 20_000})
        assert page.locator(ERRORS).all_inner_texts() == []
        assert page.locator(".wb-complete").count() >= 2
        assert "payments-api" in page.locator(".jp-Notebook").inner_text()
        config = json.loads(str(page.locator("#jupyter-config-data").text_content()))
        assert "k8s-workbench" in {e["name"] for e in config["federated_extensions"]}
        assert page.locator(".wb-output[data-kind='investigation'] .wb-verdict").count() >= 2
        chip = page.locator(".wb-output[data-kind='investigation'] .wb-chip").first
        chip.click()
        opened = page.locator(".jp-Notebook-cell.jp-mod-active .cm-content").inner_text()
        assert opened == f"%k8s evidence INV-1 {chip.inner_text()}"
        border, _, background = page.evaluate(UNSTYLED).partition(" ")
        assert border == "2px"  # JupyterLab's own style for code has not won
        assert background != "rgba(0, 0, 0, 0)"
        for width in (1280, 820):
            page.set_viewport_size({"width": width, "height": 20_000})
            assert page.evaluate(OVERFLOW) == []
        if os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(os.environ["SCREENSHOTS"]) / "tour.png")
            page.set_viewport_size({"width": 1280, "height": 900})
            page.click(".lm-MenuBar-itemLabel:text-is('Settings')")
            page.hover(".lm-Menu-itemLabel:text-is('Theme')")
            page.click(".lm-Menu-itemLabel:text-is('JupyterLab Dark')")
            page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
            page.set_viewport_size({"width": 1280, "height": 20_000})
            page.screenshot(path=Path(os.environ["SCREENSHOTS"]) / "tour-dark.png")
        browser.close()
    assert list((tmp_path / "lab").glob("INV-*.html"))


CLICKED = (
    "%load_ext workbench",
    "%k8s use --from demo",
    "%k8s use",
    "%k8s hypothesis the secret was rotated",
    "%k8s hypothesis",
    "import workbench as wb; wb.owners('deploy', 'checkout', namespace='shop')",
    "%k8s_timeline deploy/checkout -n shop",
)


def test_what_can_be_clicked_in_a_notebook_does_what_it_says(lab: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    nbformat.write(notebook(*CLICKED), tmp_path / "lab" / "clicked.ipynb")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE * 1000
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(lab.replace("tour.ipynb", "clicked.ipynb"))
        page.wait_for_selector("text=| Idle")
        page.click(f"{PROMPTS} >> nth=0")
        page.click(".lm-MenuBar-itemLabel:text-is('Run')")
        page.click(".lm-Menu-itemLabel:text-is('Run All Cells')")
        page.wait_for_function(STARTED)
        _until_run(page)

        picker = page.locator(".jp-CodeCell").nth(2)
        picker.locator(".widget-dropdown:has-text('namespace') select").select_option("shop")
        picker.locator("text=demo-shop, namespace shop").wait_for()

        board = page.locator(".jp-CodeCell").nth(4)
        board.locator("button:text-is('confirmed')").click()
        board.locator("td:text-is('confirmed')").wait_for()
        board.locator("input[placeholder='What might it be?']").fill("a <b>full</b> disk")
        board.locator("button:text-is('Add')").click()
        board.locator("td:text-is('a <b>full</b> disk')").wait_for()

        page.locator(MOVES).first.wait_for(state="attached")  # nothing moves below the pointer
        page.locator("[data-kind='owners'] .wb-chip").click()
        assert re.fullmatch(r"%k8s evidence S-1 E\d+", _active(page))
        page.locator("[data-kind='owners']").click(button="right", position={"x": 40, "y": 10})
        page.click('.lm-Menu-itemLabel:text-is("Ask About This Cell\'s Output")')
        page.wait_for_selector(".jp-mod-active .cm-content:has-text('%%k8s_ask')")
        assert "What does this mean?" in _active(page)
        assert "Deployment shop/checkout" in _active(page)

        _timeline(page, tmp_path / "lab" / "clicked.ipynb")

        page.click("li[title='Kubernetes workbench']")
        page.wait_for_selector("#workbench-chat p:has-text('workbench up')")
        page.click(".lm-MenuBar-itemLabel:text-is('File')")
        page.click(".lm-Menu-itemLabel:text-is('New Launcher')")
        tile = page.locator(".jp-LauncherCard:has-text('Kubernetes Workbench')")
        assert tile.locator("img").get_attribute("src", timeout=0).startswith("data:image/svg")
        if os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(os.environ["SCREENSHOTS"]) / "launcher.png")
        tile.click()
        page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) >> text=%k8s status")

        elsewhere = [
            url for url in asked if not url.startswith(("data:", "blob:", lab.partition("/lab")[0]))
        ]
        assert elsewhere == []
        browser.close()


MOVES = "figure.wt-moves .wt-over:not([data-old]) canvas"


def _until_it_moves(page: Page) -> None:
    """The timeline is one to move and to point at; what it says of its first mark."""
    canvas = page.locator(MOVES).first
    canvas.wait_for(state="attached")
    canvas.scroll_into_view_if_needed()
    assert page.locator("figure.wt > svg:visible").count() == 0
    box = canvas.bounding_box()
    assert box is not None
    tip = page.locator(".bk-Tooltip:visible")
    for x in range(120, int(box["width"]), 4):
        page.mouse.move(box["x"] + x, box["y"] + 52)  # along the first lane
        page.wait_for_timeout(50)
        if tip.count():
            break
    said = str(tip.first.evaluate("tip => tip.shadowRoot.textContent"))
    assert "Secret payments/payments-db: changed by external-secrets" in said
    assert re.search(r"recorded as E\d+", said)


def _timeline(page: Page, saved: Path) -> None:
    """It moves in light and dark and when the page is loaded again; without a kernel its picture is
    there and nothing is missed."""
    _until_it_moves(page)
    shot(page, "timeline-light")
    page.evaluate("document.querySelector('.wt-over').dataset.old = 1")
    page.click(".lm-MenuBar-itemLabel:text-is('Settings')")
    page.hover(".lm-Menu-itemLabel:text-is('Theme')")
    page.click(".lm-Menu-itemLabel:text-is('JupyterLab Dark')")
    _until_it_moves(page)
    shot(page, "timeline-dark")
    page.click(".lm-MenuBar-itemLabel:text-is('File')")
    page.click(".lm-Menu-itemLabel:text-is('Save Notebook')")
    page.wait_for_selector(".jp-NotebookPanel:not(.jp-mod-dirty)")
    page.reload()
    _until_it_moves(page)
    page.click(".lm-MenuBar-itemLabel:text-is('Kernel')")
    page.click(".lm-Menu-itemLabel:text-is('Shut Down Kernel')")
    page.wait_for_selector("text=No Kernel")
    page.reload()
    cell = page.locator(".jp-CodeCell:has(figure.wt)")
    cell.locator("svg.wt-wide").wait_for()
    page.wait_for_timeout(3000)  # what looks for a widget gives up after two seconds
    assert cell.locator("svg.wt-wide").is_visible()
    assert "widget" not in cell.inner_text()
    shot(page, "timeline-reopened")
    written = saved.read_text()
    assert "data-picture" in written
    assert "<script" not in written
    assert "BokehJS" not in written


def _active(page: Page) -> str:
    """The source of the active cell."""
    return page.locator(".jp-Notebook-cell.jp-mod-active .cm-content").inner_text()


def _until_run(page: Page) -> None:
    """Every cell has a number, or one says what was wrong."""
    for _ in range(10 * PATIENCE):
        prompts = page.locator(PROMPTS).all_inner_texts()
        if prompts and all(p.strip("[]:* ").isdigit() and "*" not in p for p in prompts):
            return
        assert page.locator(ERRORS).all_inner_texts() == []
        time.sleep(0.1)
    raise AssertionError(f"the tour did not end: {prompts}")


def _until_there(log: Path, words: str) -> None:
    for _ in range(10 * PATIENCE):
        if words in log.read_text():
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
