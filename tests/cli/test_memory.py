"""What is kept beside the record: knowledge, incidents, agents; and what was spent."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Run, refused


def test_a_document_is_taken_in_found_listed_and_removed(here: Run, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "till.md").write_text("# Till\n\n## Drawer\n\nThe zorbulator jams.\n")
    (tmp_path / "docs" / "bad.pdf").write_bytes(b"%PDF-1.7 no")
    done = here("knowledge", "ingest", "docs")
    assert done.returncode == 2
    assert done.stdout == "1 document in 1 passage taken in\n"
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("left out: ")
    assert "bad.pdf" in line
    assert here("knowledge", "ingest", "docs/till.md").stdout.endswith(", 1 unchanged\n")
    done = here("knowledge", "search", "zorbulator", "--json")
    (found,) = json.loads(done.stdout)["passages"]
    assert found["heading"] == "Till > Drawer"
    assert found["source"].endswith("docs/till.md")
    done = here("knowledge", "search", "zorbulator")
    assert "#drawer" in done.stdout
    assert done.stderr == "1 passage (full text; no embedder is set)\n"
    kept = [line.split()[-1] for line in here("knowledge", "list").stdout.splitlines()]
    assert found["source"] in kept
    assert here("knowledge", "remove", found["source"]).stdout == "1 document removed\n"
    for gone in (found["source"], "~nobody-is-called-this/till.md"):
        refused(here("knowledge", "remove", gone), 64, "There is no document")
    here("knowledge", "ingest", "docs/till.md")
    assert here("knowledge", "remove", "docs/till.md").stdout == "1 document removed\n"
    refused(here("knowledge", "reembed"), 2, "No embedder is set")


def test_what_was_taken_in_stays_when_nothing_embeds_it(here: Run, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Till codes\n\nTill TX-9 beeps thrice.\n")
    for told in ("1 document in 1 passage taken in", "1 unchanged"):
        done = here("knowledge", "ingest", "page.md", WORKBENCH_EMBEDDER="nobody:x")
        refused(done, 2, "no embedder 'nobody:x'", "found by words", "reembed` goes on")
        assert told in done.stdout
    assert "page.md" in here("knowledge", "search", "till TX-9 beeps").stdout


def test_an_incident_is_closed_by_a_person_and_found_again(here: Run) -> None:
    asked = here("ask", "--snapshot", "demo", "--json", "why is checkout failing?")
    label = f"INV-{json.loads(asked.stdout)['number']}"
    done = here("incident", "open", "checkout is down", "--investigation", label)
    assert done.returncode == 0, done.stderr
    number = done.stdout.split()[0]
    assert here("incident", "note", number, "the till is closed").returncode == 0
    closing = ("incident", "close", number, "--cause", "a key was renamed", "--outcome", "fixed")
    assert here(*closing).returncode != 0  # nobody sits at a terminal who could say so
    done = here(*closing, "--fix", "put it back", "--yes")
    assert done.returncode == 0, done.stderr
    shown = here("incident", "show", number).stdout
    assert "a key was renamed" in shown
    assert "the till is closed" in shown
    alike = json.loads(here("incident", "similar", "--investigation", label, "--json").stdout)
    assert alike["similar"]
    assert "checkout is down" in here("incident", "list").stdout
    refused(here("incident", "show", "INC-999"), 2, "INC-999")


def test_at_a_terminal_closing_asks_what_it_was_and_how_it_ended(
    here: Run, environment: dict[str, str]
) -> None:
    number = here("incident", "open", "checkout", "is", "down").stdout.split()[0]
    assert here("incident", "note", number, "the", "till is closed").returncode == 0
    refused(here("incident", "close", number), 64, "Give --cause and --outcome")
    mine, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", "incident", "close", number],
        env={**environment, **os.environ}, stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        for question, answer in (
            ("What was the cause: ", "a key was renamed"),
            ("What helped", "put it back"),
            ("unfixed): ", "fixed"),
        ):
            said = ""
            while question not in said:
                assert select.select([mine], [], [], 60)[0], said
                said += os.read(mine, 65536).decode()
            os.write(mine, f"{answer}\n".encode())
        assert process.wait(60) == 0
    os.close(mine)
    shown = here("incident", "show", number).stdout
    for part in ("checkout is down", "a key was renamed", "put it back", "fixed", "till is closed"):
        assert part in shown
    refused(here("incident", "close", number, "--cause", "x", "--outcome", "fixed", "-y"), 2, "is")


def test_an_agent_is_shown_changed_kept_and_forgotten(here: Run, tmp_path: Path) -> None:
    names = {line.split()[0] for line in here("agents", "list").stdout.splitlines()}
    assert {"kubernetes", "network", "lead"} <= names
    shown = here("agents", "show", "network").stdout
    (tmp_path / "till.toml").write_text(shown.replace('name = "network"', 'name = "till"'))
    assert here("agents", "save", "till.toml").returncode == 0
    assert "till" in here("agents", "list", "--json").stdout
    assert here("agents", "show", "till").stdout == (tmp_path / "till.toml").read_text()
    assert 'prompt = """\n' in shown  # for people to edit
    assert here("agents", "delete", "till").returncode == 0
    refused(here("agents", "show", "till"), 64, "There is no agent 'till'")
    (tmp_path / "bad.toml").write_text('name = "x"\ncolour = 7\ntemperature = "hot"\n')
    refused(here("agents", "save", "bad.toml"), 64, "The file is no agent")


def test_what_the_analyst_answers_costs_nothing(here: Run) -> None:
    done = here("cost", "--by", "agent", "--json", "--since", "1h")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(one["dollars"] is None for one in json.loads(done.stdout))
    assert "no such" not in here("cost").stdout.lower()
    refused(here("cost", "--since", "soon"), 64, "soon")


def test_scenarios_are_asked_and_kept_for_a_comparison(here: Run, tmp_path: Path) -> None:
    only = ("eval", "-m", "analyst", "--only", "healthy-flags-off")
    done = here(*only, "--out", "a.json", "--html", "a.html", "--at-least", "1")
    assert done.returncode == 0, done.stderr
    assert "healthy-flags-off" in (tmp_path / "a.html").read_text()
    assert "100%" in done.stdout
    kept = json.loads((tmp_path / "a.json").read_text())
    assert [o["right"] for o in kept["outcomes"]] == [True]
    refused(here("eval", "nowhere"), 64, "nowhere")
    refused(here("eval", "--only", "nothing-like-that"), 64, "no scenario called")
    refused(here("eval", "--against", "none.json", *only[3:]), 64, "none.json")
    refused(here("eval", "--recorded", "none.jsonl", *only[3:]), 64, "none.jsonl cannot be read")
    refused(here("eval", "--recorded", "none.jsonl", "-m", "analyst"), 64, "asks nobody")
    refused(here("eval", "--record", "new.jsonl", "-m", "analyst"), 64, "needs no recording")
    refused(here("eval", "-m", "anthropic:x", *only[3:]), 2, "no key for anthropic:x")


def test_a_fork_goes_on_from_what_was_read(here: Run) -> None:
    asked = here("ask", "--snapshot", "demo", "--json", "why is checkout failing?")
    label = f"INV-{json.loads(asked.stdout)['number']}"
    forked = ("investigations", "fork", label, "--snapshot", "demo")
    done = here(*forked, "--after", "E1", "--json", "is it the database?")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["question"] == "is it the database?"
    assert found["steps"][-1]["type"] == "concluded"
    refused(here(*forked, "--after", "E99"), 64, "no step E99")
