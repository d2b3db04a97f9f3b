"""What rules a node out for a pod, filter by filter, as the scheduler would say it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.analysis import snapshot_of
from workbench.analyzers.scheduling.capacity import requested
from workbench.analyzers.scheduling.obstacles import NODE_LABELS, obstacles
from workbench.core.objects import Pod

NODE: dict[str, Any] = {
    "kind": "Node",
    "metadata": {"name": "n1", "labels": {"disk": "ssd", "cores": "8"}},
    "status": {"allocatable": {"cpu": "4", "pods": "10"}},
}


def waiting(**spec: Any) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "shop", "labels": {"app": "p"}},
        "spec": {"containers": [{"name": "c"}], **spec},
        "status": {"phase": "Pending"},
    }


def first_obstacle(pod: dict[str, Any], *others: dict[str, Any]) -> str:
    snapshot = snapshot_of([NODE, pod, *others])
    return obstacles(snapshot, snapshot.all(Pod)[0])[0].why


def needs(**term: Any) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [term]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


@pytest.mark.parametrize(
    ("key", "operator", "values", "fits"),
    [
        ("disk", "In", ["ssd", "nvme"], True),
        ("disk", "In", ["hdd"], False),
        ("disk", "NotIn", ["hdd"], True),
        ("gpu", "NotIn", ["a"], True),
        ("disk", "Exists", [], True),
        ("gpu", "Exists", [], False),
        ("gpu", "DoesNotExist", [], True),
        ("cores", "Gt", ["4"], True),
        ("cores", "Gt", ["8"], False),
        ("cores", "Lt", ["16"], True),
        ("disk", "Lt", ["16"], False),
        ("disk", "Sideways", ["ssd"], False),
    ],
)
def test_node_affinity_means_what_the_scheduler_means(
    key: str, operator: str, values: list[str], fits: bool
) -> None:
    rule = {"key": key, "operator": operator, "values": values}
    why = first_obstacle(waiting(affinity=needs(matchExpressions=[rule])))
    assert why == ("" if fits else NODE_LABELS)


def test_a_term_that_says_nothing_admits_no_node() -> None:
    assert first_obstacle(waiting(affinity=needs())) == NODE_LABELS


@pytest.mark.parametrize(("name", "fits"), [("n1", True), ("n2", False)])
def test_a_node_is_named_by_field(name: str, fits: bool) -> None:
    rule = {"key": "metadata.name", "operator": "In", "values": [name]}
    assert (first_obstacle(waiting(affinity=needs(matchFields=[rule]))) == "") is fits


@pytest.mark.parametrize(
    ("theirs", "mine", "fits"),
    [
        ({"hostPort": 80}, {"hostPort": 80}, False),
        ({"hostPort": 80, "protocol": "UDP"}, {"hostPort": 80}, True),
        ({"hostPort": 80, "hostIP": "10.0.0.1"}, {"hostPort": 80, "hostIP": "10.0.0.2"}, True),
        ({"hostPort": 80, "hostIP": "10.0.0.1"}, {"hostPort": 80}, False),
        ({"containerPort": 80}, {"hostPort": 80}, True),
    ],
)
def test_host_ports_clash_by_number_protocol_and_address(
    theirs: dict[str, Any], mine: dict[str, Any], fits: bool
) -> None:
    other = waiting(nodeName="n1", containers=[{"name": "c", "ports": [theirs]}])
    other["metadata"] = {"name": "other", "namespace": "edge"}
    pod = waiting(containers=[{"name": "c", "ports": [mine]}])
    assert ("free ports" in first_obstacle(pod, other)) is not fits


def test_a_pod_asks_for_its_sidecars_and_its_largest_init_container() -> None:
    def of(name: str, cpu: str, **more: str) -> dict[str, Any]:
        return {"name": name, "resources": {"requests": {"cpu": cpu}}, **more}

    pod = waiting(
        initContainers=[of("proxy", "1", restartPolicy="Always"), of("load", "3")],
        containers=[of("app", "2")],
        overhead={"cpu": "250m"},
    )
    assert requested(snapshot_of([pod]).all(Pod)[0]) == {"cpu": 4.25}


def test_a_spread_rule_ignores_pods_that_are_leaving() -> None:
    rule = {
        "maxSkew": 1,
        "topologyKey": "disk",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "p"}},
    }
    other = waiting(nodeName="n1")
    other["metadata"] = {"name": "other", "namespace": "shop", "labels": {"app": "p"}}
    pod = waiting(topologySpreadConstraints=[{**rule, "minDomains": 2}])
    assert "topology spread" in first_obstacle(pod, other)
    other["metadata"]["deletionTimestamp"] = "2026-03-02T08:00:00Z"
    assert first_obstacle(pod, other) == ""


def test_what_other_pods_do_is_left_out_where_not_all_pods_are_known() -> None:
    pod = waiting(
        affinity={
            "podAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"labelSelector": {"matchLabels": {"app": "cache"}}, "topologyKey": "disk"}
                ]
            }
        }
    )
    assert "pod affinity" in first_obstacle(pod)
    snapshot = replace(snapshot_of([NODE, pod]), held=("shop",))
    assert obstacles(snapshot, snapshot.all(Pod)[0])[0].why == ""
