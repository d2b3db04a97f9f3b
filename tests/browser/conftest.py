"""A real Chromium on a real server, that notes every request to anywhere else."""

from __future__ import annotations

import importlib.util
import os
import shutil
import threading
from collections.abc import Callable, Generator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.api.conftest import fresh_database, serving, signed
from tests.support.image import left_out
from tests.support.postgres import open_folder, postgres_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

__all__ = ["open_folder", "postgres_server"]

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
NEEDED = ("playwright", "panel", "bokeh_fastapi")
PATIENCE_MS = 60_000


class Sink:
    """A server of another origin. ``hits``: what was asked of it. It answers nothing, slowly: also
    a model that never answers."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self._over = threading.Event()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sink.hits.append(self.path)
                self.send_response(204)
                self.end_headers()

            def do_POST(self) -> None:
                sink.hits.append(self.path)
                sink._over.wait(120)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages_database(postgres_server: str) -> str:
    """The DSN of the database behind ``pages``."""
    return fresh_database(postgres_server)


@pytest.fixture(scope="module")
def pages(
    pages_database: str, sink: Sink, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server over the demo cluster; its model ``openai:silent`` never answers."""
    folder = tmp_path_factory.mktemp("pages")
    more = {
        "WORKBENCH_MODEL": "analyst",
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": sink.address,
    }
    with serving(pages_database, folder, **more) as (address, _):
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None or any(importlib.util.find_spec(name) is None for name in NEEDED):
        pytest.skip("chromium, playwright or the extra `server` is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=4 * PATIENCE_MS
        )
        yield opened
        opened.close()


class Tab:
    """A page that somebody is signed in on. ``elsewhere``: requests to other origins, which are
    not let through; ``left_out``: those for files that the image does not have; ``errors``: what
    its scripts and its policy complained about; ``ran``: scripts that should not have."""

    def __init__(self, context: BrowserContext, address: str, name: str, group: str) -> None:
        self.address, self.name, self.group = address, name, group
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        self.ran: list[str] = []
        self.left_out: list[str] = []
        self.context = context
        context.set_default_timeout(PATIENCE_MS)
        context.route("**/*", self._let_through)
        context.expose_binding("ran", lambda _, what: self.ran.append(str(what)))
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._said)

    def open(self, path: str) -> Page:
        """Go there, signed in."""
        mark = "&" if "?" in path else "?"
        self.page.goto(f"{self.address}{path}{mark}token={signed(self.name, self.group)}")
        return self.page

    def ask(self, question: str, model: str = "") -> None:
        if model:
            self.page.fill("[name=model]", model)
        self.page.fill("textarea", question)
        self.page.keyboard.press("Enter")

    def _let_through(self, route: Any) -> None:
        parts = urlsplit(route.request.url)
        if left_out(parts.path):
            self.left_out.append(parts.path)
        if parts.netloc == urlsplit(self.address).netloc or parts.scheme in ("data", "blob"):
            route.continue_()
        else:
            self.elsewhere.append(route.request.url)
            route.abort()

    def _said(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)


TABS = pytest.StashKey[list[Tab]]()


@pytest.fixture
def tab(
    browser: Browser, pages: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Tab]]:
    """Opens a tab: ``tab("ann", width=390)``. In the end none has asked anything elsewhere."""
    opened = request.node.stash[TABS] = []

    def make(
        name: str = "ann",
        width: int = 1280,
        address: str = "",
        group: str = "oncall",
        **more: Any,
    ) -> Tab:
        size = {"width": width, "height": 860}
        context = browser.new_context(viewport=size, **more)
        opened.append(Tab(context, address or pages, name, group))
        return opened[-1]

    yield make
    for one in opened:
        assert one.elsewhere == []
        assert one.left_out == []
        one.context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed tells what its pages said."""
    report = yield
    if report.failed and call.when == "call":
        for one in item.stash.get(TABS, []):
            told = "\n".join([*one.page.locator(".app").all_inner_texts(), *one.errors])
            report.sections.append((f"page of {one.name}: {one.page.url.split('token')[0]}", told))
    return report


def shot(page: Page, name: str) -> None:
    """Keep a picture, where the environment says where."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")
