"""From the address to a chat page that can be asked: seconds in a real Chromium, warm.

floor: the same browser loads a page of one line from the same server. ours: the chat, until what is
typed is taken and the server has listed the namespaces to pick. Both in turn, each a new tab of one
browser whose cache is filled. Wall time: say what else the machine does.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time

from open_pages import running, warm
from playwright.async_api import Page

ROUNDS = 10
TARGET_SECONDS = 2.0


async def floor(page: Page, address: str) -> None:
    await page.goto(f"{address}/healthz")


async def ours(page: Page, address: str) -> None:
    await page.goto(f"{address}/chat")
    await page.fill("textarea", "why?")
    await page.wait_for_selector(".boxes", state="attached")


async def measured(first: str) -> None:
    address = first.split("/?")[0]
    took: dict[str, list[float]] = {"floor": [], "ours": []}
    async with warm(first) as context:
        for _ in range(ROUNDS):
            for name, load in (("floor", floor), ("ours", ours)):
                page = await context.new_page()
                began = time.perf_counter()
                await load(page, address)
                took[name].append(time.perf_counter() - began)
                await page.close()
    for name, seconds in took.items():
        print(f"{name:6} median {statistics.median(seconds):.2f} s  at most {max(seconds):.2f} s")
    held = max(took["ours"]) <= TARGET_SECONDS
    print(f"target <= {TARGET_SECONDS:g} s: {'held' if held else 'MISSED'}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        known = {"WORKBENCH_DATA_DIR": folder, "WORKBENCH_SNAPSHOT": "demo"}
        with running(["-m", "workbench", "up", "--port", "0"], **known) as (_, line):
            asyncio.run(measured(line.split()[1]))


if __name__ == "__main__":
    main()
