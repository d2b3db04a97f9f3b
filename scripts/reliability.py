"""Write docs/reliability.md from what the fault tests measured: FIGURES.jsonl … TARGET.md."""

from __future__ import annotations

import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HEAD = """\
# Reliability

Written by `make faults`; every number below was measured by that run, on {date}, on {machine}. The
tests are in `tests/faults`, `tests/store/test_audit.py`, `tests/mcp/test_faults.py` and `tests/runbooks/test_run.py` and
run with small counts in `make test`.

Where the database is killed and where replies are lost, these five hold afterwards, or the test fails:
every effect has an earlier intent in the record; every acknowledged call is in the record with its
outcome; no effect happened twice; every intent has ended; no tool server is left behind. The hash chain
of every investigation verifies as well.
"""

SECTIONS = {
    "database killed": """\
## The database is killed

PostgreSQL was killed with SIGKILL {kills} times at random moments while {writers} writers called a tool
whose only effect is a line in a file, through every wrapper.

| | |
|---|---|
| calls intended | {calls:,} |
| effects | {effects:,} |
| calls acknowledged with their outcome on disk | {acknowledged:,} |
| effects without an earlier intent | 0 |
| acknowledged calls lost | 0 |
| how the calls ended | {outcomes} |
| calls refused meanwhile, nothing was run | {refusals:,} |
| slowest refusal | {slowest_refusal_seconds} s |
| longest from a kill until {writers} more calls were acknowledged, recovery included | \
{slowest_return_seconds} s |
""",
    "replies of tools lost": """\
## The reply of a tool is lost

A tool that changes something died before its effect, died after it, broke off in the middle of its
answer or stayed silent, {lost:,} times in all ({kinds}). Calls run twice: {run_twice}. Each became
`unknown` in the record and was resolved by reading the object ({tally}).
""",
    "replies of the database lost": """\
## The reply of the database is lost

A proxy cut the connection to PostgreSQL after the request had arrived, in the middle of the answer or
before the request, {lost:,} times. Calls run twice: {run_twice}. Calls refused because their intent
could not be made certain: {refused:,}.
""",
}


TOOL_FAULTS = """\
## A tool server misbehaves

Ten kinds of faults of servers (hang, drip, garbage, half a message, wrong id, duplicate id, one huge line,
death before, during and after) and being killed between calls, and five of the network in between
(refuse, reset, lose the reply, half of it, stall), by transport. No change was made twice.

| transport | faults | most seconds past the deadline | most seconds until usable again |
|---|---|---|---|
"""
STOPPED = """\
## A call is stopped

At a random moment of the call, by transport.

| transport | stopped | slowest, seconds |
|---|---|---|
"""
RESUMED = """\
## A run is killed

A process that investigated was killed with SIGKILL after a random step, {kills} times; another process
resumed it, and came to the same conclusion as a run that was not killed ({steps} steps). Calls that had
been answered and were made again: {repeated} of {spared}.
"""

RUNBOOKS_KILLED = """\
## A runbook is killed

The process that runs a notebook got a signal while a cell was at work, at each cell by turns. Each time the notebook on
disk was valid and said that it was interrupted at that cell, and its kernel was gone.

| signal | times | slowest until all of that held, seconds |
|---|---|---|
"""

RUNS_STOPPED = """\
## A run is stopped

A question was cancelled {stops} times at a random moment of its {steps} steps. Each time the run ended, what it had found
stayed in the record, and it could be resumed. The slowest took {slowest_seconds} s to end.
"""


def by_signal(found: list[dict[str, Any]]) -> str:
    """A row for each signal: how often, and how long it took at most."""
    rows: dict[str, list[float]] = {}
    for one in found:
        rows.setdefault(one["what"].partition(": ")[2], []).append(one["seconds"])
    return "".join(f"| {name} | {len(all):,} | {max(all):.2f} |\n" for name, all in rows.items())


def by_transport(found: list[dict[str, Any]], *most: str) -> str:
    """A row for each transport: how often, and the largest of those figures."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        rows.setdefault(one["transport"], []).append(one)
    return "".join(
        f"| {transport} | {sum(o['times'] for o in ones):,} | "
        + " | ".join(f"{max(o[name] for o in ones):.2f}" for name in most)
        + " |\n"
        for transport, ones in rows.items()
    )


def words(value: Any) -> Any:
    """``{"done": 3}`` as ``3 done``."""
    if isinstance(value, dict):
        return ", ".join(f"{number:,} {what}" for what, number in value.items())
    return value


def main(figures: list[Path], target: Path) -> None:
    found = [json.loads(line) for path in figures for line in path.read_text().splitlines()]
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    parts = [HEAD.format(date=f"{datetime.now(UTC):%Y-%m-%d}", machine=machine)]
    kinds: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        kinds.setdefault(one["what"].partition(":")[0], []).append(one)
    for what, text in SECTIONS.items():
        for one in kinds.get(what, ()):
            parts.append(text.format(**{key: words(value) for key, value in one.items()}))
    parts += [RESUMED.format(**one) for one in kinds.get("runs killed", ())]
    if killed := kinds.get("runbooks killed"):
        parts.append(RUNBOOKS_KILLED + by_signal(killed))
    parts += [RUNS_STOPPED.format(**one) for one in kinds.get("runs stopped", ())]
    if faults := kinds.get("tool faults"):
        parts.append(TOOL_FAULTS + by_transport(faults, "late", "away"))
    if stopped := kinds.get("calls stopped"):
        parts.append(STOPPED + by_transport(stopped, "slowest"))
    if tampered := kinds.get("tampering"):
        rows = "".join(
            f"| {one['what'].removeprefix('tampering: ')} | {one['tried']:,} | {one['found']:,} |\n"
            for one in tampered
        )
        head = "## The record is tampered with\n\n| done | times | found |\n|---|---|---|\n"
        parts.append(head + rows)
    target.write_text("\n".join(parts))


if __name__ == "__main__":
    *names, last = map(Path, sys.argv[1:])
    main(names, last)
