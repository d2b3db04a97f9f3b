"""What is told of a look, in the words of each kind of target: bounded, redacted, harmless."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from workbench.core.alert import Alert
from workbench.core.cluster import Gap, ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.notice import (
    Kind,
    Target,
    markdown,
    notice,
    parse_targets,
    request,
    slack,
    verdict,
)
from workbench.core.runbook import Gate
from workbench.core.sweep import Item, ItemStatus
from workbench.errors import SettingsError

TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
ALERT = Alert(
    labels={"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": "web-1"},
    annotations={"summary": f"It fell over with {TOKEN}."},
)


def finding(message: str, severity: Severity = Severity.ERROR, *, cause: bool = False) -> Finding:
    return Finding(
        code="POD_CRASH_LOOP", subject=ObjectRef("Pod", "shop", "web-1"), severity=severity,
        title="Crash loop", message=message, evidence=(Pointer("Pod", "status", "x"),),
        root_cause=cause,
    )  # fmt: skip


def item(status: ItemStatus = ItemStatus.FINDINGS, **fields: Any) -> Item:
    return Item(number=1, parameters={"namespace": "shop"}, context="", status=status, **fields)


def told(*findings: Finding, alerts: tuple[Alert, ...] = (ALERT,), url: str = "") -> Any:
    return notice(alerts, "crash-looping-workload", "SW-3/1", item(findings=findings), url)


def test_a_verdict_names_the_cause_first_and_says_how_much_more_there_is() -> None:
    found = [finding("restarts"), finding("odd", Severity.INFO), finding("no Secret", cause=True)]
    assert verdict(item(findings=tuple(found))) == (
        "Pod shop/web-1: no Secret. Pod shop/web-1: restarts. And 1 more."
    )


@pytest.mark.parametrize(
    ("status", "fields", "said"),
    [
        (ItemStatus.HEALTHY, {"gaps": (Gap("secrets", "forbidden"),)}, "could not see everything"),
        (ItemStatus.FAILED, {"error": f"KeyError {TOKEN}"}, "The look failed: KeyError"),
        (ItemStatus.FINDINGS, {"gates": (Gate(name="no faults", passed=False),)}, "no faults"),
        (ItemStatus.LOST, {}, "lost"),
        (ItemStatus.CANCELLED, {}, "cancelled"),
    ],
)
def test_every_end_has_its_words(status: ItemStatus, fields: Any, said: str) -> None:
    words = verdict(item(status, **fields))
    assert said in words
    assert TOKEN not in words


def test_a_message_holds_no_secret_and_fits_whatever_it_is_about() -> None:
    long = Alert(labels={"alertname": "A" * 999, "namespace": "&" * 999})
    what = told(*[finding(f"{TOKEN} <!channel> " + "&" * 9_999)] * 50, alerts=(ALERT, long) * 50)
    assert TOKEN not in str(msgspec.to_builtins(what))
    assert len(what.title) <= 255
    assert len(slack(what)) <= 3_000
    assert "<!channel>" not in slack(what)
    assert len(markdown(what)) < 65_536
    assert len(msgspec.json.encode(what)) < 65_536


def test_what_others_wrote_is_only_quoted_in_an_issue() -> None:
    text = markdown(told(finding("`@everyone` ![](http://x/)\n/close")))
    outside = "".join(text.split("`")[::2])
    for trick in ("@everyone", "![", "/close"):
        assert trick in text
        assert trick not in outside


def test_each_kind_is_asked_in_its_own_words() -> None:
    what = told(finding("no Secret"), url="https://bench.example/")
    assert what.link == "https://bench.example/api/alerts?run=SW-3/1"
    github = Target(kind=Kind.GITHUB, project="acme/ops", token="env:T", labels=("alert",))
    asked = request(github, what, "", "t0k")
    assert asked.url == "https://api.github.com/repos/acme/ops/issues"
    assert asked.headers["Authorization"] == "Bearer t0k"
    assert asked.body["labels"] == ("alert",)
    gitlab = Target(kind=Kind.GITLAB, project="acme/ops", token="env:T", labels=("a", "b"))
    asked = request(gitlab, what, "https://git.example/", "t0k")
    assert asked.url == "https://git.example/api/v4/projects/acme%2Fops/issues"
    assert (asked.headers, asked.body["labels"]) == ({"PRIVATE-TOKEN": "t0k"}, "a,b")
    asked = request(Target(kind=Kind.SLACK, url="env:U"), what, "https://hooks.example/x", "")
    assert list(asked.body) == ["text"]
    assert f"<{what.link}|SW-3/1>" in asked.body["text"]
    asked = request(Target(kind=Kind.WEBHOOK, url="https://x.example/"), what, "https://x/", "")
    assert (asked.body["run"], asked.body["version"], asked.headers) == ("SW-3/1", 1, {})


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ([{"kind": "pager"}], "pager"),
        ([{"kind": "slack"}], "needs a url"),
        ([{"kind": "slack", "url": "https://hooks.slack.com/services/T/B/x"}], "env:NAME"),
        ([{"kind": "webhook", "url": "https://x.example/?key=1"}], "env:NAME"),
        ([{"kind": "webhook", "url": "https://me:pw@x.example/"}], "env:NAME"),
        ([{"kind": "github", "project": "a/b", "token": "ghp_1"}], "no reference"),
        ([{"kind": "gitlab", "token": "env:T"}], "project"),
        ([{"kind": "slack", "url": "env:A"}, {"kind": "slack", "url": "env:B"}], "called slack"),
        ([{"kind": "slack", "url": "env:A", "chanel": "x"}], "chanel"),
        ([3], "object"),
    ],
)
def test_a_bad_target_is_one_clear_line(tree: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        parse_targets(tree)
