"""Log lines of a process, for people and for collectors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = """
import logging
from workbench.telemetry import logs
logs.start({form!r}, {level!r})
log = logging.getLogger("workbench.test")
with logs.about(investigation="0198"):
    log.warning("password=%s was refused", "hunter2-and-more")
    log.info("request", extra={{"status": 200}})
try:
    1 / 0
except ZeroDivisionError:
    log.exception("it broke")
"""


def lines(form: str, level: str = "") -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", LINES.format(form=form, level=level)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == ""
    assert "hunter2" not in done.stderr
    return done.stderr.splitlines()


def test_a_person_reads_what_happened_and_about_what() -> None:
    first = lines("text")[0]
    assert first.startswith("warning: password=")
    assert first.endswith("(investigation 0198)")


def test_requests_are_told_only_where_they_were_asked_for() -> None:
    assert not any("request" in line for line in lines("text"))
    assert any("request" in line for line in lines("text", "info"))


def test_a_collector_gets_one_json_object_a_line() -> None:
    warned, request, broke = map(json.loads, lines("json"))
    assert (warned["level"], warned["logger"]) == ("warning", "workbench.test")
    assert warned["investigation"] == request["investigation"] == "0198"
    assert request["status"] == 200
    assert warned["time"].endswith("Z")
    assert "ZeroDivisionError" in broke["exception"]
    assert "investigation" not in broke
