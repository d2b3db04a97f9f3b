"""Runbooks, approvals, tool servers, incidents and knowledge in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Tab, shot
from tests.browser.test_chat import WIDER

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("chat")]

LOOKS = [("light", 1280), ("dark", 1280), ("light", 390)]


def test_a_runbook_is_found_filled_in_run_and_read(tab: Callable[..., Tab], pages: str) -> None:
    mine = tab("rita")
    page = mine.open("/runbooks")
    page.wait_for_selector(".books li")
    page.fill("[data-filter=books]", "everything that is wrong")
    assert page.locator(".books li:visible").count() == 1
    page.click(".books li:visible a")
    page.wait_for_selector(".form")
    assert page.input_value("[name='p.worst']") == "warning"
    page.select_option("[name='p.worst']", "critical")
    page.fill("[name='p.namespace']", "shop")
    page.click(".form .main-button")
    page.wait_for_selector("#the-run .is-running")
    page.wait_for_selector("#the-run .fold")
    shot(page, "runbook-done")
    page.wait_for_selector("#the-run .findings li")
    assert "worst=critical" in page.inner_text("#the-run")
    assert page.locator("#the-run .gates li").count() == 1
    with mine.context.expect_page() as opened:
        page.click("text=Executed notebook")
    read = opened.value
    read.wait_for_selector("h1")
    shot(read, "runbook-notebook")
    assert read.locator(".wb, table").count() > 2
    address = page.url.removeprefix(pages)
    page.reload()
    page.wait_for_selector("#the-run .findings li")
    assert mine.errors == []
    other = tab("rolf")
    for path in (address, "/runbooks"):
        hers = other.open(path)
        hers.wait_for_selector(".notice, .books li")
        assert "rita" not in hers.inner_text(".app")


@pytest.mark.parametrize(("look", "width"), LOOKS)
def test_every_new_page_fits_its_screen(tab: Callable[..., Tab], look: str, width: int) -> None:
    mine = tab("nick", width=width, color_scheme=look)
    for path, ready in (
        ("runbooks", ".books li"),
        ("runbooks?name=namespace-health", ".form"),
    ):
        page = mine.open(f"/{path}")
        page.wait_for_selector(ready)
        shot(page, f"{path.replace('?', '-')}-{look}-{width}")
        assert page.evaluate(WIDER) == []
    assert mine.errors == []
