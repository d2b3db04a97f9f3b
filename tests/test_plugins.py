"""A package that is installed beside the workbench adds to it; a broken one harms nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "plugins.md").read_text()
"""What the page shows is what is tested."""
PROJECT, CHECKS, TICKETS = re.findall(r"```(?:toml|python)\n(.*?)```", PAGE, re.DOTALL)


def points() -> str:
    """The entry points of the page's project, as pip writes them."""
    groups = tomllib.loads(PROJECT)["project"]["entry-points"].items()
    lines = [
        line
        for group, named in groups
        for line in (f"[{group}]", *(f"{name} = {target}" for name, target in named.items()))
    ]
    return "\n".join(lines)


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
    install(folder, "shop-checks", points(), shop_checks=CHECKS, shop_tickets=TICKETS)
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
from workbench.core.redaction import redact_text, redact_value
from workbench.knowledge.reading import read
from workbench.mcp.hub import ToolHub
from workbench.mcp.registry import servers
from workbench.runbooks.alert_sources import alerts_in
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


BODY = b'{"events": [{"what": "TillDown", "till": "till-3"}]}'
try:
    refused = read("bad.adoc", b"\\xff")
except DocumentUnreadable as error:
    refused = error.message
print(json.dumps({
    "tool": asyncio.run(called()),
    "read": read("a.adoc", b"= Till").pieces[0].text,
    "refused": refused,
    "agent": templates()["shop"].prompt,
    "text": redact_text("badge BDG123456: GB82WEST12345698765432 or DE89370400440532013000"),
    "value": redact_value({"log": '{"badge": "badge BDG123456"}', "n": 1, "badge BDG000000": None}),
    "alerts": [alert.labels["pod"] for alert in alerts_in(BODY, "tills")],
}))
"""


def test_it_may_bring_tools_readers_agents_redactors_and_alerts(site: Path) -> None:
    done = python(site, "-c", USE)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["tool"] == ["tickets_open_tickets", False, "42: checkout is slow"]
    assert found["read"] == "Till"
    assert found["refused"].startswith("bad.adoc was not understood by plugin shop: UnicodeDecode")
    assert found["agent"] == "Think of the till."
    assert found["text"] == ("badge «redacted:badge»: GB82WEST12345698765432 or «redacted:iban»")
    assert found["value"] == {
        "log": '{"badge": "badge «redacted:badge»"}', "n": 1, "badge BDG000000": None,
    }  # fmt: skip
    assert found["alerts"] == ["till-3"]


CAREFUL = """
import re
def fails(text):
    raise ValueError(text)
def outside(text):
    return [(0, 10**6)] if "out" in text else []
it = {"failing": fails} if FAILS else {"outside": outside, "mark": re.compile("acted:[a-z]+» x")}
"""


def test_what_a_redactor_failed_on_is_not_shown_at_all(tmp_path: Path) -> None:
    install(
        tmp_path / "s", "bad", "[workbench.redactors]\na = a:it\nb = b:it\n",
        a=f"FAILS = False{CAREFUL}", b="import nowhere_to_be_found",
    )  # fmt: skip
    look = (
        "from workbench.core.redaction import redact_text, mark\n"
        "from workbench.core.redaction.added import check, detectors, redact_text as further\n"
        "from workbench.errors import SettingsError\n"
        "known = detectors()[:2]\n"
        "print(further('out\\nside', mark, known).encode())\n"
        "print(further('a «redacted:env» x b', mark, known) == 'a «redacted:mark» b')\n"
        "print(redact_text('anything').encode())\n"
        "try:\n    check()\nexcept SettingsError as error:\n    print(error.message)\n"
    )
    done = python(tmp_path / "s", "-c", look)
    assert done.returncode == 0, done.stderr
    taken, torn, withheld, refused = done.stdout.strip().splitlines()
    assert taken == str("«redacted:outside»\n".encode())
    assert torn == "True"
    assert withheld == str("«redacted:unchecked»".encode())
    assert refused.startswith("The redactor b of bad 1.0 cannot be used: ModuleNotFoundError")
    assert "failed: it gave a place outside of the text." in done.stderr
    asked = python(tmp_path / "s", "-m", "workbench", "ask", "What is wrong?", "--snapshot", "demo")
    assert asked.returncode != 0
    assert "The redactor b of bad 1.0 cannot be used" in asked.stderr
    assert asked.stdout == ""


def test_the_words_of_a_redactors_error_are_not_told(tmp_path: Path) -> None:
    points = "[workbench.redactors]\na = a:it\n"
    install(tmp_path / "s", "bad", points, a=f"FAILS = True{CAREFUL}")
    look = "from workbench.core.redaction import redact_text\nprint(redact_text('my hidden word'))"
    done = python(tmp_path / "s", "-X", "utf8", "-c", look)
    assert done.stdout.strip() == "«redacted:failing»"
    assert "hidden" not in done.stderr
    assert "ValueError" in done.stderr


def test_what_a_source_of_alerts_cannot_do_with_is_one_line(site: Path) -> None:
    look = (
        "from workbench.errors import UsageError\n"
        "from workbench.runbooks.alert_sources import alerts_in\n"
        "for body, source in ((b'{', 'tills'), (b'{}', 'grafana'), (b'{', '')):\n"
        "    try:\n        alerts_in(body, source)\n"
        "    except UsageError as error:\n        print(error.message, error.hint)\n"
    )
    done = python(site, "-c", look)
    assert done.returncode == 0, done.stderr
    broken, unknown, ours = done.stdout.splitlines()
    assert broken == (
        "The source tills cannot do with this: JSONDecodeError. It is of shop-checks 1.0."
    )
    assert unknown == "There is no source of alerts called 'grafana'. Known: tills."
    assert ours.startswith("This is no JSON")


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
        ("redactors", "it = {'Badge 1': print}", "is no kind"),
        ("redactors", "it = {'badge': 'BDG'}", "neither a pattern nor a function"),
        ("alerts", "it = {'grafana': 'x'}", "no mapping"),
    ],
)
def test_what_does_not_fit_its_group_is_left_out(
    tmp_path: Path, group: str, text: str, why: str
) -> None:
    install(tmp_path / "s", "bad", f"[workbench.{group}]\nbad = bad_one:it\n", bad_one=text)
    look = (
        "from workbench.agent.templates import templates\n"
        "from workbench.core.redaction.added import detectors\n"
        "from workbench.knowledge.reading import READERS, readers\n"
        "from workbench.mcp.registry import servers\n"
        "from workbench.runbooks.alert_sources import sources\n"
        "from workbench.settings import load_settings\n"
        "assert not sources() and {d.kind for d in detectors()} <= {'unchecked'}\n"
        "assert len(servers(load_settings())) == 1 and readers() == READERS and templates()"
    )
    done = python(tmp_path / "s", "-c", look)
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert why in line
