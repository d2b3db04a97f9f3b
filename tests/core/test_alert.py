"""Alerts are read, matched to runbooks, and grouped into looks."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.alert import (
    USUAL,
    Alert,
    AlertRule,
    AlertStatus,
    fill,
    looks,
    parse,
    parse_terms,
)
from workbench.errors import SettingsError, UsageError

# The fields of Alertmanager's webhook, version 4.
TOLD = {
    "version": "4", "groupKey": '{}:{alertname="KubePodCrashLooping"}', "truncatedAlerts": 0,
    "status": "firing", "receiver": "workbench", "groupLabels": {}, "commonLabels": {},
    "commonAnnotations": {}, "externalURL": "http://alertmanager:9093",
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "KubePodCrashLooping", "namespace": "shop", "pod": "web-1",
                "container": "web", "severity": "warning",
            },
            "annotations": {"summary": "Pod is crash looping."},
            "startsAt": "2026-03-01T10:00:00.25Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus/graph", "fingerprint": "9d66ea4e3f0f13c1",
        }
    ],
}  # fmt: skip


def alert(name: str, **labels: str) -> Alert:
    return Alert(labels={"alertname": name, **labels})


def test_what_alertmanager_sends_is_read() -> None:
    (told,) = parse(json.dumps(TOLD).encode())
    assert (told.name, told.status, told.key) == (
        "KubePodCrashLooping", AlertStatus.FIRING, "9d66ea4e3f0f13c1",
    )  # fmt: skip
    assert told.starts_at is not None


def test_any_program_needs_labels_alone() -> None:
    (told,) = parse(b'{"alerts": [{"labels": {"alertname": "Slow", "namespace": "shop"}}]}')
    again = Alert(labels={"namespace": "shop", "alertname": "Slow"})
    assert told.key == again.key
    assert told.key != alert("Slow", namespace="other").key


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"alerts": [{}]}', b'{"alerts": [{"labels": {"a": 1}}]}', b"\xff"]
)
def test_anything_else_is_one_clear_line(body: bytes) -> None:
    with pytest.raises(UsageError):
        parse(body)


def test_the_usual_alerts_have_their_runbooks() -> None:
    found = looks(
        [
            alert("KubePodCrashLooping", namespace="shop", pod="web-1"),
            alert("KubeDeploymentReplicasMismatch", namespace="shop", deployment="web"),
            alert("KubeNodeNotReady", node="node-3", namespace="monitoring"),
            alert("CheckoutErrorRate", namespace="shop", service="checkout"),
        ],
        USUAL,
    )
    assert [(one.runbook, one.parameters) for one in found] == [
        ("crash-looping-workload", {"namespace": "shop", "name": "web-1"}),
        ("stuck-rollout", {"namespace": "shop", "name": "web"}),
        ("node-not-ready", {"name": "node-3"}),
        (
            "alert-first-response",
            {"alert": "CheckoutErrorRate", "namespace": "shop", "name": "checkout"},
        ),
    ]


def test_alerts_that_need_the_same_look_share_it() -> None:
    same = [
        alert("KubeDeploymentReplicasMismatch", namespace="shop", deployment="web"),
        alert("KubeDeploymentRolloutStuck", namespace="shop", deployment="web"),
    ]
    (one,) = looks(same, USUAL)
    assert one.alerts == tuple(same)


def test_a_resolved_alert_needs_no_look() -> None:
    over = msgspec.structs.replace(alert("KubeNodeNotReady"), status=AlertStatus.RESOLVED)
    assert looks([over], USUAL) == ()


def test_rules_of_ones_own_come_first_and_match_whole_values() -> None:
    mine = AlertRule(runbook="mine", match={"team": "pay.*", "severity": "critical|page"})
    page = alert("KubeNodeNotReady", team="payments", severity="page")
    late = alert("KubeNodeNotReady", team="payments", severity="pages")
    assert [one.runbook for one in looks([page, late], (mine, *USUAL))] == [
        "mine",
        "node-not-ready",
    ]


def test_a_pattern_that_is_none_is_an_error_at_once() -> None:
    with pytest.raises(ValueError, match="alertname"):
        AlertRule(runbook="x", match={"alertname": "("})


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text(max_size=20)))
def test_labels_are_values_and_never_patterns(labels: dict[str, str]) -> None:
    for name, value in labels.items():
        assert fill(f"${name}", labels) == value


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"rules": [{"runbook": "dns", "match": {"alertname": "("}}]}, r"rule 1.*no pattern"),
        ({"rules": [{"runbook": "dns"}, {"match": {}}]}, "rule 2.*runbook"),
        ({"rules": [{"runbook": "dns", "matches": {}}]}, "matches"),
        ({"window": "soon"}, "window.*soon"),
        ({"rule": []}, "rule"),
    ],
)
def test_terms_of_no_use_are_one_clear_line(tree: object, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        parse_terms(tree)


def test_a_persons_rules_come_before_the_usual_ones() -> None:
    terms = parse_terms({"rules": [{"runbook": "dns", "match": {"alertname": "KubePod.*"}}]})
    (look,) = looks([alert("KubePodCrashLooping")], terms.every_rule)
    assert look.runbook == "dns"
    (look,) = looks([alert("NobodyKnows")], terms.every_rule)
    assert look.runbook == "alert-first-response"


@pytest.mark.parametrize("told", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00"])
def test_a_beginning_that_is_no_time_is_none(told: str) -> None:
    (found,) = parse(json.dumps({"alerts": [{"labels": {}, "startsAt": told}]}).encode())
    assert found.since is None


def test_a_fingerprint_of_no_use_is_not_the_key() -> None:
    odd = Alert(labels={"alertname": "X"}, fingerprint="x" * 3_000)
    assert odd.key == Alert(labels={"alertname": "X"}).key
