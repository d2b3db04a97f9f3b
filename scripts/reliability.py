"""Write docs/reliability.md from what a run of the fault tests measured: FIGURES.jsonl TARGET.md."""

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
tests are in `tests/faults` and `tests/store/test_audit.py` and run with small counts in `make test`.

After each fault these five hold, or the test fails: every effect has an earlier intent in the record;
every acknowledged call is in the record with its outcome; no effect happened twice; every intent has
ended; no process is left behind. The hash chain of every investigation verifies as well.
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


def words(value: Any) -> Any:
    """``{"done": 3}`` as ``3 done``."""
    if isinstance(value, dict):
        return ", ".join(f"{number:,} {what}" for what, number in value.items())
    return value


def main(figures: Path, target: Path) -> None:
    found = [json.loads(line) for line in figures.read_text().splitlines()]
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    parts = [HEAD.format(date=f"{datetime.now(UTC):%Y-%m-%d}", machine=machine)]
    for one in found:
        if one["what"] in SECTIONS:
            shown = {key: words(value) for key, value in one.items()}
            parts.append(SECTIONS[one["what"]].format(**shown))
    tampered = [one for one in found if one["what"].startswith("tampering: ")]
    if tampered:
        rows = "".join(
            f"| {one['what'].removeprefix('tampering: ')} | {one['tried']:,} | {one['found']:,} |\n"
            for one in tampered
        )
        head = "## The record is tampered with\n\n| done | times | found |\n|---|---|---|\n"
        parts.append(head + rows)
    target.write_text("\n".join(parts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
