"""Alerts from the command line: sent from a file, listed, and what is no use is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, refused

pytestmark = pytest.mark.usefixtures("kept_up")
TOLD = {"alerts": [{"labels": {"alertname": "CliToldOf", "namespace": "shop", "pod": "web-1"}}]}


def test_alerts_of_a_file_are_taken_in_once_and_listed(here: Run, tmp_path: Path) -> None:
    (tmp_path / "told.json").write_text(json.dumps(TOLD))
    first = here("alert", "told.json")
    assert first.returncode == 0, first.stderr
    assert "1 new" in first.stdout
    assert "No worker is alive" in first.stdout
    again = json.loads(here("alert", "told.json", "--json").stdout)
    assert (again["counted"], again["runs"]) == (1, [])
    (kept,) = json.loads(here("alerts", "--json").stdout)
    assert (kept["name"], kept["told"], kept["look"]) == ("CliToldOf", 2, "queued")
    assert kept["parameters"] == {"alert": "CliToldOf", "namespace": "shop", "name": "web-1"}
    listed = here("alerts").stdout
    assert "CliToldOf shop, told 2 times" in listed
    assert f"{kept['run']} alert-first-response: queued" in listed
    refused(here("db", "retain", "--keep", "2h"), 64, "1d")
    due = json.loads(here("db", "retain", "--keep", "1d", "--yes", "--json").stdout)
    assert (due["alerts"], due["sweeps"]) == (0, 0)
    assert len(json.loads(here("alerts", "--json").stdout)) == 1


def test_what_is_no_alert_and_rules_of_no_use_are_one_line(
    here: Run, workbench: Run, tmp_path: Path
) -> None:
    refused(workbench("alert", "-"), 64, "no JSON")
    (tmp_path / "told.json").write_text(json.dumps(TOLD))
    settings = tmp_path / "workbench.toml"
    settings.write_text('[[alerts.rules]]\nrunbook = "dsn"\n')
    refused(here("alert", "told.json"), 64, "rule 1", "dsn")
    settings.write_text('[[alerts.rules]]\nrunbook = "dns"\nmatch = { alertname = "(" }\n')
    refused(here("alert", "told.json"), 64, "rule 1", "no pattern")
    settings.write_text('[[notify]]\nkind = "slack"\nurl = "https://hooks.slack.com/x"\n')
    refused(here("worker"), 64, "notify", "env:NAME")
