"""Runbooks, approvals, tool servers, incidents and knowledge in a real browser."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import serving
from tests.browser.conftest import Tab, shot
from tests.browser.test_chat import WIDER, given, stored
from tests.support.model_servers import ModelServer
from tests.support.samples import START, finding
from workbench.bootstrap import new_id
from workbench.core.cluster import Gap
from workbench.core.runbook import Gate, Run, RunStatus
from workbench.store.database import open_store

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("chat")]

LOOKS = [("dark", 1280), ("light", 390)]
RAN = ("findings", "failed", "interrupted")


SCALE = {"kind": "deploy", "name": "checkout", "namespace": "shop", "replicas": 4}
MODEL = "openai:gpt-5-mini"


def turn(request: dict[str, Any]) -> dict[str, Any]:
    """A model that tries to scale checkout, and then concludes."""
    calls = [c for m in request["messages"] for c in m.get("tool_calls") or ()]
    if any(c["function"]["name"] == "kube_preview_change" for c in calls):
        verdict = "Deployment shop/checkout has too few replicas."
        return {"calls": [{"tool": "conclude", "arguments": {"verdict": verdict, "claims": []}}]}
    arguments = {"tool": "scale", "arguments": SCALE}
    return {"calls": [{"tool": "kube_preview_change", "arguments": arguments}]}


@contextmanager
def running_model() -> Iterator[str]:
    """The base URL of that model, served in a thread."""
    ready, over = threading.Event(), threading.Event()
    told: list[str] = []

    async def serve() -> None:
        async with ModelServer(turn) as model:
            told.append(model.choice("openai").openai_base_url)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    ready.wait(30)
    try:
        yield told[0]
    finally:
        over.set()
        thread.join(10)


@contextmanager
def writable_cluster(folder: Path) -> Iterator[Path]:
    """The kubeconfig of the demo cluster, which takes writes in memory."""
    config = folder / "kubeconfig"
    command = [sys.executable, "-m", "workbench", "snapshot", "serve", "demo", "--writable",
               "--kubeconfig", str(config)]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(folder)}
    )
    try:
        assert process.stdout
        assert process.stdout.readline()
        yield config
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def pages(pages_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over a demo cluster that takes writes, where changes are on."""
    folder = tmp_path_factory.mktemp("writable")
    with writable_cluster(folder) as config, running_model() as url:
        more = {
            "KUBECONFIG": str(config),
            "WORKBENCH_SNAPSHOT": "",
            "WORKBENCH_ALLOW_CHANGES": "true",
            "WORKBENCH_MODEL": "analyst",
            "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": url,
        }
        with serving(pages_database, folder, **more) as (address, _):
            yield address


@pytest.fixture(scope="module")
def ran(pages: str, pages_database: str) -> None:
    """A run that found something, one that failed and one whose process is gone."""
    book = {
        "runbook": "crash-looping-workload",
        "user": "ines",
        "started_at": START,
        "seconds": 7.5,
    }
    given = {"namespace": "shop", "name": "checkout-pf7qdq5xwv-96k8j", "tail_lines": 200}
    begun = ("import workbench as wb", 'found = await wb.acall("diagnose", namespaces=[namespace])')
    gates = (
        Gate(name="no container restarts", passed=False, measured="14 > 0", evidence=("E1",)),
        Gate(name="error rate below 1 %", passed=True, measured="0.2 %", evidence=("E2",)),
    )
    states: tuple[tuple[RunStatus, dict[str, Any]], ...] = (
        (RunStatus.FINDINGS, {"findings": (finding(),), "gates": gates,
            "gaps": (Gap("logs of 2 pods", "forbidden"),), "investigations": ("INV-1",)}),
        (RunStatus.FAILED, {"error": "Cell 2: Asked context demo-shop to list pods in "
            "namespace shop: Forbidden: User system:serviceaccount:ops:workbench cannot list"
            " resource pods. Ask for the role view."}),
        (RunStatus.INTERRUPTED, {"error": "The process that ran it is gone."}),
    )  # fmt: skip

    async def keep() -> None:
        async with open_store(pages_database) as store:
            name = await store.notebooks.keep("{}")
            for status, more in states:
                told = {**book, **more, "seconds": 7.5, "cell": 2, "cells": 2, "begun": begun}
                run = Run(id=new_id(), parameters=given, status=status, **told)
                await store.runs.save(run, name)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, keep()).result()


def test_a_change_is_asked_for_proposed_approved_made_and_looked_at(
    tab: Callable[..., Tab], pages: str
) -> None:
    mine = tab("ines")
    page = mine.open("/chat")
    page.wait_for_selector(".suggestions button")
    mine.ask("Please scale checkout to 4", MODEL)
    page.wait_for_selector(".change >> text=C-1")
    page.wait_for_selector(".is-complete")
    page.wait_for_selector(".change >> text=It waits for somebody")
    shot(page, "proposed")
    lead = tab("lara", group="leads")
    approves = lead.open("/approvals")
    approves.wait_for_selector(".change .plus >> text=replicas: 4")
    shot(approves, "approval")
    approves.set_viewport_size({"width": 390, "height": 860})
    shot(approves, "approval-390")
    assert approves.evaluate(WIDER) == []
    approves.fill("[name=reason]", "more load is coming")
    approves.click("text=Approve and make it")
    approves.click("text=Really make it")
    approves.wait_for_selector(".change p.is-complete >> text=/findings? gone/")
    approves.wait_for_selector(".change >> text=more load is coming")
    page.wait_for_selector(".change >> text=Approved by lara@example.com")  # by itself
    change = stored(pages, "ines", "/api/changes/C-1")
    assert change["state"] == "applied"
    assert change["approval"]["surface"] == "chat"
    made = stored(pages, "ines", f"/api/investigations/{change['change']['investigation']}")
    assert [s["type"] for s in made["steps"][-2:]] == ["change_decided", "change_applied"]
    assert "replicas" in str(made["steps"])
    assert not made["steps"][-1].get("failed")
    shot(approves, "applied")
    assert approves.locator(".decision").count() == 0
    assert lead.errors == mine.errors == []


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


def test_an_incident_is_opened_closed_and_found_again(tab: Callable[..., Tab], pages: str) -> None:
    mine = tab("ivy")
    page = mine.open("/incidents")
    for title in ("checkout is down", "checkout is down again"):
        page.click("text=Open an incident")
        page.fill("[name=title]", title)
        page.click(".form .main-button")
        page.wait_for_selector(f"h1 >> text={title}")
        if title == "checkout is down":
            page.fill("[name=text]", "rolled back at ten")
            page.click("text=Add >> nth=-1")
            page.wait_for_selector(".gates >> text=rolled back")
            page.fill("[name=cause]", "checkout lost a renamed key")
            page.select_option("[name=outcome]", "fixed")
            page.click(".form .main-button")
            page.click("text=Really close it")
            page.wait_for_selector(".is-complete >> text=fixed")
        page.click("text=All incidents")
        page.wait_for_selector(".books li")
    page.fill("[data-filter=list]", "again")
    assert page.locator(".books li:visible").count() == 1
    other = tab("ike").open("/incidents")
    other.wait_for_selector("text=There are none yet")
    assert mine.errors == []


def test_a_file_is_handed_in_and_found(tab: Callable[..., Tab], pages: str, tmp_path: Path) -> None:
    mine = tab("kate")
    page = mine.open("/knowledge")
    page.wait_for_selector("text=Yours (0)")
    page.click("text=Take in a file")
    large = tmp_path / "large.md"
    large.write_text("x" * 800_000)
    page.set_input_files("[type=file]", large)
    page.click(".form .main-button")
    written = tmp_path / "billing.md"
    written.write_text("# Billing\n\nThe quokka queue stalls.")
    page.set_input_files("[type=file]", written)
    page.click(".form .main-button")
    page.wait_for_selector("text=Yours (1)")
    page.fill("[name=words]", "quokka")
    page.keyboard.press("Enter")
    page.wait_for_selector("mark >> text=quokka")
    page.click("text=Remove >> nth=0")
    page.click("text=Really remove")
    page.wait_for_selector("text=Yours (0)")
    assert mine.errors == []


def test_tool_servers_show_what_they_offer(tab: Callable[..., Tab], pages: str) -> None:
    mine = tab("toni", group="admins")
    page = mine.open("/tools")
    page.click("#server-kube .fold summary")
    page.wait_for_selector(".offered code >> text=kube_diagnose")
    page.click("text=Add a tool server")
    page.fill("[name=name]", "tickets")
    page.fill("[name=target]", "http://127.0.0.1:9/mcp")
    page.click(".form .main-button")
    page.wait_for_selector("#server-tickets")
    page.click("#server-tickets >> text=Connect")
    page.wait_for_selector("#server-tickets .is-failed")
    page.click("#server-tickets >> text=Remove")
    page.click("#server-tickets >> text=Really remove")
    page.wait_for_selector("#server-tickets", state="detached")
    reads = tab("tess").open("/tools")
    reads.wait_for_selector("#server-kube")
    assert reads.locator("text=Add a tool server").count() == 0
    assert mine.errors == []


@pytest.mark.parametrize(("look", "width"), LOOKS)
@pytest.mark.usefixtures("ran")
def test_every_new_page_fits_its_screen(
    tab: Callable[..., Tab], pages: str, look: str, width: int
) -> None:
    name = f"ines-{look}"
    number = given(pages, name, "/api/incidents", {"title": "checkout is down"})["number"]
    mine = tab(name, width=width, color_scheme=look, group="admins")
    for path, ready in (
        ("runbooks", ".books li"),
        ("runbooks?name=namespace-health", ".form"),
        ("approvals", ".grid, .change, [data-region=none] p"),
        ("incidents", "text=Open an incident"),
        (f"incidents?id=INC-{number}", "h1"),
        ("knowledge", ".fold"),
        ("tools", ".server"),
    ):
        page = mine.open(f"/{path}")
        page.wait_for_selector(ready)
        shot(page, f"{path.replace('?', '-')}-{look}-{width}")
        assert page.evaluate(WIDER) == []
        for state in RAN if path == "runbooks" else ():
            page.locator(f"tr:has-text('{state}') button").first.click()
            page.wait_for_selector(f"#the-run h2 >> text={state}")
            box = page.locator("#the-run h2").first.bounding_box()
            assert box is not None
            assert box["y"] < 860
            shot(page, f"run-{state}-{look}-{width}")
            assert page.evaluate(WIDER) == []
    assert mine.errors == []
