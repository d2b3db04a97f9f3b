"""What chat pages that are open cost the server: to open one, to leave it open, and for a token of
an answer on it.

PAGES tabs of one real Chromium. floor: the server with no page open, and for a token the same
answers followed over the API (`POST /api/chat/stream`). ours: the tabs, by Panel's websocket. A
model of another process writes 20 tokens a second into each answer. CPU time is the server's.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx2
import psutil
from playwright.async_api import BrowserContext, Page, async_playwright

PAGES = 8
IDLE_SECONDS, WRITES_SECONDS, SETTLES_SECONDS = 30.0, 12.0, 3.0
QUESTION, MODEL = "Why is checkout failing?", "openai:r20"
STAMP = re.compile(rb"\d{13}(?=[^\d])")
MEGABYTE = 2**20


class Cost:
    """CPU milliseconds and megabytes of a process since it was made, or since ``again``."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.again()

    def again(self) -> None:
        self._cpu, self._memory = self._now()

    def taken(self) -> tuple[float, float]:
        cpu, memory = self._now()
        return (cpu - self._cpu) * 1000, (memory - self._memory) / MEGABYTE

    def _now(self) -> tuple[float, int]:
        return sum(self._process.cpu_times()[:2]), self._process.memory_info().rss


async def idle(cost: Cost) -> float:
    """Milliseconds of CPU in a minute in which nobody does anything."""
    cost.again()
    await asyncio.sleep(IDLE_SECONDS)
    return cost.taken()[0] * 60 / IDLE_SECONDS


async def opened(context: BrowserContext, address: str) -> Page:
    page = await context.new_page()
    await page.goto(f"{address}/chat")
    await page.wait_for_selector(".suggestions button")
    await page.wait_for_selector(".boxes", state="attached")
    return page


async def pages_write(cost: Cost, pages: list[Page]) -> float:
    """CPU milliseconds of a token that a page shows."""
    for page in pages:
        await page.fill("[name=model]", MODEL)
        await page.fill("textarea", QUESTION)
        await page.keyboard.press("Enter")
    for page in pages:
        await page.wait_for_selector(".turn > .said span")
    await asyncio.sleep(SETTLES_SECONDS)
    before = [await shown(page) for page in pages]
    cost.again()
    await asyncio.sleep(WRITES_SECONDS)
    spent = cost.taken()[0]
    count = sum([await shown(page) for page in pages]) - sum(before)
    for page in pages:
        await page.keyboard.press("Control+.")
        await page.wait_for_selector(".is-cancelled")
    return spent / count


async def shown(page: Page) -> int:
    """How many tokens are on it."""
    return len(STAMP.findall((await page.inner_text(".turn > .said")).encode()))


async def api_writes(cost: Cost, address: str, token: str) -> float:
    """CPU milliseconds of a token that the API sends."""
    heard = [0] * PAGES
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=60) as client:

        async def follow(number: int) -> None:
            said = {"message": QUESTION, "model": MODEL}
            async with client.stream("POST", "/api/chat/stream", json=said) as answer:
                async for data in answer.aiter_raw():
                    heard[number] += len(STAMP.findall(data))

        tasks = [asyncio.create_task(follow(n)) for n in range(PAGES)]
        while not all(heard):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        await asyncio.sleep(SETTLES_SECONDS)
        before = sum(heard)
        cost.again()
        await asyncio.sleep(WRITES_SECONDS)
        spent = cost.taken()[0] / (sum(heard) - before)
        for task in tasks:
            task.cancel()
        running = (await client.get("/api/investigations")).json()["items"]
        for one in running[:PAGES]:
            await client.post(f"/api/investigations/{one['label']}/cancel")
    return spent


@asynccontextmanager
async def warm(first: str) -> AsyncIterator[BrowserContext]:
    """A browser that has had the chat open and closed it: signed in, and its cache is filled."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 1280, "height": 860})
        page = await context.new_page()
        await page.goto(first)
        await page.wait_for_selector(".suggestions button", timeout=60_000)
        await page.close()
        yield context
        await browser.close()


async def measured(first: str, process: psutil.Process) -> None:
    address, token = first.split("/?token=")
    cost = Cost(process)
    async with warm(first) as context:
        await asyncio.sleep(SETTLES_SECONDS)
        nobody = await idle(cost)
        cost.again()
        pages = [await opened(context, address) for _ in range(PAGES)]
        cpu, memory = cost.taken()
        print(f"open    {cpu / PAGES:.0f} ms CPU and {memory / PAGES:.1f} MB a page")
        somebody = await idle(cost)
        print(
            f"idle    floor {nobody:.0f} ms CPU a minute without a page, "
            f"ours {(somebody - nobody) / PAGES:.0f} ms more for each of {PAGES}"
        )
        floor = await api_writes(cost, address, token)
        ours = await pages_write(cost, pages)
        print(f"a token floor {floor:.2f} ms CPU over the API, ours {ours:.2f} ms on a page")


@contextmanager
def running(command: list[str], **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A program and the first line it prints that says where it is."""
    process = subprocess.Popen(
        [sys.executable, *command], env={**os.environ, **environment}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    try:
        yield process, next(x for x in process.stdout if x.startswith("open") or x[0].isdigit())
    finally:
        process.terminate()
        process.wait(20)


def main() -> None:
    streams = str(Path(__file__).with_name("streams.py"))
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder, \
            running([streams, "model"]) as (_, port):  # fmt: skip
        known = {
            "WORKBENCH_DATA_DIR": folder, "WORKBENCH_SNAPSHOT": "demo", "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{port.strip()}", "WORKBENCH_MODEL": "analyst",
        }  # fmt: skip
        with running(["-m", "workbench", "up", "--port", "0"], **known) as (server, line):
            asyncio.run(measured(line.split()[1], psutil.Process(server.pid)))
    print(f"(the machine's load: {os.getloadavg()[0]:.1f}; {time.strftime('%Y-%m-%d')})")


if __name__ == "__main__":
    main()
