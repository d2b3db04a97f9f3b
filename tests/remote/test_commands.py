"""Commands that a server does the work of: ``workbench --url``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import signed
from tests.cli.conftest import Run, data_dir, environment, here, refused
from tests.support.http_server import Handler, listening
from workbench.cli.elsewhere import there
from workbench.errors import UsageError
from workbench.settings import load_settings

__all__ = ["data_dir", "environment", "here"]

QUESTION = "why is checkout failing?"


@pytest.fixture
def page() -> Iterator[str]:
    """The address of a site that answers everything with a page, and below /gone with none."""

    class Page(Handler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>Welcome</title>"
            status = 404 if self.path.startswith("/gone") else 200
            self.answer(body, status, Content_Type="text/html; charset=utf-8")

    with listening(Page) as address:
        yield address


def test_a_question_is_asked_there_and_what_was_recorded_is_read_from_there(
    here: Run, server: str, data_dir: Path, tmp_path: Path
) -> None:
    who = ("--url", server, "--token", signed("cleo"))
    asked = here(*who, "ask", "--json", QUESTION)
    assert asked.returncode == 1, asked.stderr
    label = f"INV-{json.loads(asked.stdout)['number']}"
    listed = here("investigations", "list", WORKBENCH_URL=server, WORKBENCH_GATEWAY_TOKEN=who[3])
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [label]
    shown = here(*who, "investigations", "show", label)
    assert "payments-api" in shown.stdout
    assert "E1   done kube_diagnose" in shown.stdout
    forked = here(*who, "investigations", "fork", label, "is it the disk?")
    assert "is it the disk?" in forked.stdout, forked.stderr
    assert here(*who, "diff", label, label).returncode == 0
    assert here(*who, "diff", "E1", "E1").returncode == 0  # of the newest
    here(*who, "export", label, "--out", "report.md")
    assert "payments-api" in (tmp_path / "report.md").read_text()
    assert "ok" in here(*who, "doctor").stdout
    other = ("--url", server, "--token", signed("egon"))
    refused(here(*other, "investigations", "show", label), 2, label)
    assert not data_dir.joinpath("postgres").exists()


def test_it_wins_over_what_is_set_and_ends_with_the_command(
    here: Run, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_GATEWAY", "http://127.0.0.1:1")
    told = here("--url", server, "--token", signed("fred"), "changes")
    assert told.returncode == 0, told.stderr
    assert load_settings().gateway == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    "command",
    [
        ("audit", "list"), ("cost",), ("knowledge", "list"), ("incident", "list"),
        ("agents", "list"), ("token", "list"), ("db", "migrate"), ("mcp", "list"), ("demo",),
        ("alerts",), ("sweep", "list"), ("schedule", "list"), ("worker",), ("up", "--port", "0"),
        ("analyze",), ("snapshot", "save"), ("policy", "show"), ("policy", "explain", "scale"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_that_needs_more_than_a_server_gives_refuses(
    here: Run, command: tuple[str, ...]
) -> None:
    done = here("--url", "http://127.0.0.1:1", "--token", "t", *command)
    refused(done, 64, "http://127.0.0.1:1 does the work", "leave out --url")


def test_a_token_that_is_refused_and_one_that_is_missing(here: Run, server: str) -> None:
    refused(here("--url", server, "--token", "guessed", "ask", QUESTION), 3, "--token")
    refused(here("--url", server, "ask", QUESTION), 64, "no token", "--token")


def test_an_address_where_nothing_listens_or_something_else_does(here: Run, page: str) -> None:
    for address, said in {
        "http://127.0.0.1:1": "does not answer",
        page: f"{page} answered GET me with a page",
        f"{page}/gone": "answered HTTP 404",
    }.items():
        refused(here("--url", address, "--token", "t", "ask", QUESTION), 2, said, "address")


@pytest.mark.parametrize(
    "url", ["workbench.example", "ftp://host", "http://", "http://[x", "http://h:x"]
)
def test_what_is_no_address_is_refused(here: Run, url: str) -> None:
    refused(here("--url", url, "--token", "t", "ask", QUESTION), 64, "not the address")


def test_a_cluster_cannot_be_chosen_there(here: Run, server: str) -> None:
    done = here("--url", server, "--token", signed("gina"), "ask", "-c", "other", QUESTION)
    refused(done, 64, "one cluster")


def test_a_token_without_a_server_is_refused(here: Run) -> None:
    refused(here("--token", "t", "ask", QUESTION), 64, "--url")


@pytest.mark.parametrize("path", ["/", "/api/docs"])
def test_the_address_that_a_server_prints_can_be_given_as_it_is(path: str) -> None:
    with there(f"http://127.0.0.1:8787{path}?token=secret", ""):
        settings = load_settings()
    assert settings.gateway == "http://127.0.0.1:8787"
    assert settings.gateway_token is not None
    assert settings.gateway_token.get_secret_value() == "secret"
    with pytest.raises(UsageError), there("", "t"):
        pass
