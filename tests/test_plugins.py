"""A package that is installed beside the workbench adds to it; a broken one harms nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
GOOD = '''
"""What a shop checks beside what everybody checks."""
import sys

from workbench.analyzers.codes.entry import Entry
from workbench.analyzers.report import finding, seen
from workbench.core.agents import AgentProfile
from workbench.core.findings import Severity
from workbench.core.knowledge import Piece
from workbench.core.objects import Deployment
from workbench.core.tools import McpServer
from workbench.knowledge.reading import Read

CODES = {
    "SHOP_TEAM_MISSING": Entry(
        "Nobody is responsible",
        Severity.WARNING,
        "Every Deployment names its team, so that somebody can be woken up.",
        ("kubectl label deployment {name} -n {namespace} team=…",),
    )
}


def teams(snapshot, now):
    for deployment in snapshot.all(Deployment):
        if not deployment.metadata.labels.get("team"):
            where = seen(deployment, "metadata.labels", "no team")
            yield finding("SHOP_TEAM_MISSING", deployment, "it has no label team", [where])


ANALYZERS = (teams,)


def server():
    return McpServer(name="tickets", command=sys.executable, args=("-m", "shop_tickets"))


def adoc(name, data):
    return Read(title=name, pieces=(Piece(text=data.decode().lstrip("= ")),))


READERS = {".adoc": adoc}
AGENTS = {"shop": AgentProfile(description="Knows the shop.", prompt="Think of the till.")}
'''
TICKETS = """
from fastmcp import FastMCP

server = FastMCP("tickets")


@server.tool
def open_tickets(service: str) -> str:
    "Tickets about a service."
    return f"42: {service} is slow"


server.run(show_banner=False)
"""
POINTS = """
[workbench.analyzers]
shop = shop_checks

[workbench.tools]
shop = shop_checks:server

[workbench.readers]
shop = shop_checks:READERS

[workbench.agents]
shop = shop_checks:AGENTS
"""


def install(site: Path, name: str, points: str, **modules: str) -> None:
    """As pip leaves a package: its modules, and what it says of itself beside them."""
    said = site / f"{name.replace('-', '_')}-1.0.dist-info"
    said.mkdir(parents=True)
    (said / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (said / "entry_points.txt").write_text(points)
    for module, text in modules.items():
        (site / f"{module}.py").write_text(text)


def python(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"},
        cwd=site,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    install(folder, "shop-checks", POINTS, shop_checks=GOOD, shop_tickets=TICKETS)
    return folder


def analyzed(site: Path) -> tuple[dict[str, Any], str]:
    done = python(site, "-m", "workbench", "analyze", "--snapshot", "demo", "--json")
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout), done.stderr


def test_a_rule_of_another_package_finds_under_its_own_code(site: Path) -> None:
    found, said = analyzed(site)
    assert said == ""
    mine = [f for f in found["findings"] if f["code"] == "SHOP_TEAM_MISSING"]
    assert mine
    assert mine[0]["title"] == "Nobody is responsible"
    assert mine[0]["next_steps"][0].startswith("kubectl label deployment ")


BROKEN = {
    "cannot be imported": ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
    "ends the process": ("raise SystemExit(3)", "SystemExit: 3"),
    "has no rules": ("CODES = {}", "it has no ANALYZERS"),
    "takes a code": (
        "from workbench.analyzers.catalogue import CATALOGUE as CODES\nANALYZERS = ()",
        "of its codes are taken",
    ),
    "fails at work": (
        "CODES = {}\ndef rule(snapshot, now):\n    return [1 / 0]\nANALYZERS = (rule,)",
        "ZeroDivisionError",
    ),
}


def test_the_page_shows_what_is_tested() -> None:
    page = (ROOT / "docs" / "plugins.md").read_text()
    shown = page.split("```python\n")[1].split("```")[0]
    tested = GOOD.split("import sys\n")[1].replace(
        "from workbench.core.agents import AgentProfile\n", ""
    )
    assert shown.strip() == f"import sys\n{tested}".partition("AGENTS = ")[0].strip()


def test_broken_ones_are_a_line_each_and_harm_nothing(site: Path) -> None:
    for number, (text, _) in enumerate(BROKEN.values()):
        points = f"[workbench.analyzers]\nbad{number} = bad_checks_{number}\n"
        install(site, f"bad-checks-{number}", points, **{f"bad_checks_{number}": text})
    found, said = analyzed(site)
    assert any(f["code"] == "SHOP_TEAM_MISSING" for f in found["findings"])
    lines = said.strip().splitlines()
    assert len(lines) == len(BROKEN), said
    for number, (_, why) in enumerate(BROKEN.values()):
        start = f"Plugin workbench.analyzers: bad{number} of bad-checks-{number} 1.0 is left out: "
        (line,) = [one for one in lines if one.startswith(start)]
        assert why in line
    gaps = {g["what"]: g["why"] for g in found["gaps"]}
    assert gaps["checks of plugin bad4"] == "ZeroDivisionError: division by zero"


USE = """
import asyncio, json
from uuid import UUID
from workbench.agent.templates import templates
from workbench.core.tools import CallContext
from workbench.errors import DocumentUnreadable
from workbench.knowledge.reading import read
from workbench.mcp.hub import ToolHub
from workbench.mcp.registry import servers
from workbench.settings import load_settings


async def called():
    (tickets,) = [s for s in servers(load_settings()) if s.name == "tickets"]
    tickets = type(tickets)(**{f: getattr(tickets, f) for f in tickets.__struct_fields__} | {
        "env": {"PYTHONPATH": "."}})
    async with ToolHub([tickets], frozenset()) as hub:
        (tool,) = await hub.list()
        context = CallContext(investigation=UUID(int=1), user="ann", surface="test")
        answer = await hub.call(tool.name, {"service": "checkout"}, context)
        return tool.name, tool.read_only, answer.text


try:
    refused = read("bad.adoc", b"\\xff")
except DocumentUnreadable as error:
    refused = error.message
print(json.dumps({
    "tool": asyncio.run(called()),
    "read": read("a.adoc", b"= Till").pieces[0].text,
    "refused": refused,
    "agent": templates()["shop"].prompt,
}))
"""


def test_it_may_bring_a_tool_server_a_reader_and_an_agent(site: Path) -> None:
    done = python(site, "-c", USE)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["tool"] == ["tickets_open_tickets", False, "42: checkout is slow"]
    assert found["read"] == "Till"
    assert found["refused"].startswith("bad.adoc was not understood by plugin shop: UnicodeDecode")
    assert found["agent"] == "Think of the till."


@pytest.mark.parametrize(
    ("group", "text", "why"),
    [
        ("tools", "def it():\n    return 'a server'", "it gives no McpServer"),
        (
            "tools",
            "from workbench.core.tools import McpServer\nit = McpServer(name='kube', command='x')",
            "cannot be called that",
        ),
        ("readers", "it = {'adoc': print}", "is no end of a name"),
        ("agents", "it = ['network']", "no mapping"),
    ],
)
def test_what_does_not_fit_its_group_is_left_out(
    tmp_path: Path, group: str, text: str, why: str
) -> None:
    install(tmp_path / "s", "bad", f"[workbench.{group}]\nbad = bad_one:it\n", bad_one=text)
    look = (
        "from workbench.agent.templates import templates\n"
        "from workbench.knowledge.reading import READERS, readers\n"
        "from workbench.mcp.registry import servers\n"
        "from workbench.settings import load_settings\n"
        "assert len(servers(load_settings())) == 1 and readers() == READERS and templates()"
    )
    done = python(tmp_path / "s", "-c", look)
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert why in line
