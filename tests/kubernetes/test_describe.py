from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.kubernetes import recorded
from tests.kubernetes.objects import crashing, secret, shop
from workbench.core.objects import Event
from workbench.core.objects.decode import convert_object
from workbench.kubernetes.describe import DESCRIBERS, describe

NOW = datetime(2026, 11, 22, 11, tzinfo=UTC)


def one(kind: str, name: str, trees: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return next(t for t in trees or shop() if t["kind"] == kind and t["metadata"]["name"] == name)


def by_kind(trees: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for tree in trees:
        found.setdefault(tree["kind"], []).append(tree)
    return found


def test_a_crashing_pod_shows_its_last_state_in_kubectls_words() -> None:
    shown = describe(crashing("web"), [], NOW)
    assert "      Reason:   CrashLoopBackOff" in shown
    assert "    Last State:     Terminated" in shown
    assert "      Exit Code:  1" in shown
    assert shown.endswith("Events:          <none>")


def test_secret_values_and_secret_looking_env_are_never_printed() -> None:
    shown = describe(crashing("web"), [], NOW) + describe(secret("db", "correct horse"), [], NOW)
    assert "hunter2" not in shown
    assert "postgres://web:«redacted:url-credentials»@db/web" in shown
    assert "password:  <13 bytes>" in shown
    assert "Y29ycmVjd" not in shown


def test_events_stand_at_the_end_oldest_first_with_their_counts() -> None:
    events = [convert_object(t, Event)[0] for t in shop() if t["kind"] == "Event"]
    lines = describe(crashing("web-2b-y"), events, NOW).splitlines()
    assert "Pulled" in lines[-2]
    assert "60s (x3 over 10m)" in lines[-1]


def test_an_ingress_names_backends_that_do_not_exist() -> None:
    path = {"path": "/", "backend": {"service": {"name": "front", "port": {"number": 80}}}}
    ingress = {
        "kind": "Ingress",
        "metadata": {"name": "shop"},
        "spec": {"rules": [{"host": "shop.example.com", "http": {"paths": [path]}}]},
    }
    shown = describe(ingress, [], NOW, {"Service": []})
    assert '/  front:80 (<error: services "front" not found>)' in shown


def test_a_kind_without_a_description_of_its_own_shows_its_fields() -> None:
    widget = {
        "apiVersion": "acme.io/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": "shop", "uid": "u"},
        "spec": {"gearCount": 3, "storageClassName": "fast", "parts": [{"name": "a"}]},
        "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "NoGears"}]},
    }
    shown = describe(widget, [], NOW)
    assert "Gear Count:          3" in shown
    assert "Storage Class Name:  fast" in shown
    assert "Ready  False   NoGears" in shown


def test_every_description_survives_an_object_with_nothing_in_it() -> None:
    for kind in DESCRIBERS:
        assert "Name:" in describe({"kind": kind, "metadata": {"name": "x"}}, [], NOW, {})


def labels(text: str) -> list[str]:
    """The top-level labels of a description."""
    return [
        line.partition(":")[0]
        for line in text.splitlines()
        if line and not line[0].isspace() and ":" in line
    ]


@recorded.needed
def test_a_pod_is_described_with_the_lines_kubectl_prints() -> None:
    trees = recorded.objects()
    printed = recorded.text("describe-pods.txt").split("\n\n\n")
    for theirs in printed:
        name = theirs.split()[1]
        ours = describe(one("Pod", name, trees), [], recorded.NOW)
        missing = set(labels(theirs)) - set(labels(ours)) - {"IPs"}
        assert not missing, name
        for line in ("Command:", "Restart Count:", "QoS Class:", "    Image:"):
            assert ours.count(line) == theirs.count(line), (name, line)


@recorded.needed
def test_every_recorded_object_can_be_described() -> None:
    trees = recorded.objects()
    related = by_kind(trees)
    for tree in trees:
        assert tree["metadata"]["name"] in describe(tree, [], recorded.NOW, related)


@recorded.needed
def test_a_deployment_names_its_new_replica_set_as_kubectl_does() -> None:
    trees = recorded.objects()
    shown = describe(one("Deployment", "api", trees), [], recorded.NOW, by_kind(trees))
    assert "3 desired | 1 updated | 1 total | 1 available | 2 unavailable" in shown
    assert "api-67745cdc7f (1/3 replicas created)" in shown
