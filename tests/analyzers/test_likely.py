"""Causes that no reference leads to: known by what is said, where and when."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.analysis import snapshot_of
from workbench.analyzers import analyze
from workbench.core.findings import Finding

NOW = "2026-03-02T09:00:00Z"
BEFORE = "2026-03-02T08:40:00Z"


def thing(kind: str, name: str, api: str = "v1", home: str = "shop", **more: Any) -> dict[str, Any]:
    meta = {"name": name, "creationTimestamp": "2026-03-01T00:00:00Z"}
    meta |= {"namespace": home} if home else {}
    meta |= more.pop("metadata", {})
    return {"apiVersion": api, "kind": kind, "metadata": meta, **more}


def pod(name: str, home: str = "shop", **more: Any) -> dict[str, Any]:
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [
            {"name": "web", "ready": True, "restartCount": 0,
             "state": {"running": {"startedAt": "2026-03-01T00:00:00Z"}}}
        ],
    }  # fmt: skip
    containers = [{"name": "web", "image": "web:1"}]
    return thing("Pod", name, home=home, spec={"containers": containers} | more, status=status)


def log(*lines: str, every: int = 20) -> str:
    """The lines over and over, from 08:40 to 09:00, one each ``every`` seconds."""
    moments = range(0, 1200, every)
    return "\n".join(
        f"2026-03-02T08:{40 + at // 60:02}:{at % 60:02}Z {lines[n % len(lines)]}"
        for n, at in enumerate(moments)
    )


def judged(objects: list[dict[str, Any]], **logs: str) -> list[Finding]:
    """The findings, with the log of the container `web` of each pod named."""
    texts = {f"shop/{name}/web": text for name, text in logs.items()}
    clock = thing("ConfigMap", "clock", metadata={"creationTimestamp": NOW}, data={"a": "b"})
    snapshot = snapshot_of([*objects, clock], logs=texts)
    return [f for f in analyze(snapshot, snapshot.taken_at).findings if f.severity.name != "INFO"]


def roots(findings: list[Finding]) -> list[str]:
    return [f.code for f in findings if f.root_cause]


CHAOS = thing(
    "IOChaos", "slow-disk", "chaos-mesh.org/v1alpha1",
    metadata={"creationTimestamp": BEFORE},
    spec={"action": "latency", "selector": {"labelSelectors": {"app": "db"}}},
)  # fmt: skip


def test_an_experiment_explains_complaints_of_its_namespace_since_it_runs() -> None:
    late = log("ERROR failed to read posts: timed out", every=10)
    assert roots(judged([CHAOS, pod("api")], api=late)) == ["CHAOS_EXPERIMENT_RUNNING"]


def test_an_experiment_does_not_explain_what_began_before_it() -> None:
    later = CHAOS | {"metadata": CHAOS["metadata"] | {"creationTimestamp": "2026-03-02T08:58:00Z"}}
    late = log("ERROR failed to read posts: timed out", every=10)
    assert "LOG_ERRORS" in roots(judged([later, pod("api")], api=late))


def test_an_experiment_does_not_explain_a_complaint_about_somebody_else() -> None:
    other = log("ERROR dial tcp: lookup api.bank.example: no such host", every=10)
    assert "LOG_ERRORS" in roots(judged([CHAOS, pod("api")], api=other))


@pytest.mark.parametrize(("message", "explained"), [
    ("stale GroupVersion discovery: metrics.example.io/v1", True),
    ("stale GroupVersion discovery: other.example.io/v1", False),
])  # fmt: skip
def test_an_api_that_is_down_explains_the_namespaces_that_wait_for_it(
    message: str, explained: bool
) -> None:
    down = thing(
        "APIService", "v1.metrics.example.io", "apiregistration.k8s.io/v1", home="",
        spec={"group": "metrics.example.io", "version": "v1"},
        status={"conditions": [{
            "type": "Available", "status": "False", "reason": "FailedDiscoveryCheck",
            "message": "no response", "lastTransitionTime": "2026-03-02T01:00:00Z",
        }]},
    )  # fmt: skip
    stuck = thing(
        "Namespace", "old", home="", metadata={"deletionTimestamp": "2026-03-02T02:00:00Z"},
        status={"phase": "Terminating", "conditions": [{
            "type": "NamespaceDeletionDiscoveryFailure", "status": "True",
            "reason": "DiscoveryFailed", "message": f"Discovery failed for some groups: {message}",
        }]},
    )  # fmt: skip
    found = roots(judged([down, stuck]))
    assert ("NAMESPACE_STUCK_TERMINATING" not in found) is explained
    assert "API_SERVICE_UNAVAILABLE" in found


def test_pods_that_had_to_leave_wait_because_of_whom_they_left_for() -> None:
    uid = "b66268ad-cab4-4936-aee7-3dc0ae1bd306"
    winner = pod("train-x") | {"metadata": {
        "name": "train-x", "namespace": "shop", "uid": uid,
        "ownerReferences": [{"kind": "Job", "name": "train", "apiVersion": "batch/v1"}],
    }}  # fmt: skip
    owner = {"kind": "StatefulSet", "name": "db", "apiVersion": "apps/v1", "uid": "s"}
    waits = thing(
        "Pod", "db-0", metadata={"ownerReferences": [owner]}, spec={"containers": []},
        status={"phase": "Pending", "conditions": [{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/1 nodes are available: 1 Insufficient cpu.",
        }]},
    )  # fmt: skip
    event = thing(
        "Event", "e", involvedObject={"kind": "Pod", "namespace": "shop", "name": "db-0"},
        reason="Preempted", message=f"Preempted by pod {uid} on node n1", type="Normal",
        lastTimestamp="2026-03-02T08:55:00Z", firstTimestamp="2026-03-02T08:55:00Z",
    )  # fmt: skip
    found = judged([winner, waits, event, thing("StatefulSet", "db", "apps/v1")])
    assert "POD_UNSCHEDULABLE" not in roots(found)
    assert "of Job shop/train" in next(f.message for f in found if f.code == "POD_DISPLACED")


def test_pods_of_one_workload_that_had_to_leave_for_one_reason_are_one_finding() -> None:
    owner = {"kind": "ReplicaSet", "name": "web-7f", "apiVersion": "apps/v1", "uid": "s"}
    waits = thing(
        "Pod", "web-7f-c", metadata={"ownerReferences": [owner]}, spec={"containers": []},
        status={"phase": "Pending", "conditions": [{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/1 nodes are available: 1 Insufficient cpu.",
        }]},
    )  # fmt: skip
    left = [
        thing(
            "Event", f"e{n}", involvedObject={"kind": "Pod", "namespace": "shop", "name": name},
            reason="Preempted", message="Preempted by a pod on node n1", type="Warning",
            lastTimestamp=f"2026-03-02T08:5{n}:00Z", firstTimestamp=f"2026-03-02T08:5{n}:00Z",
        )
        for n, name in enumerate(("web-7f-a", "web-7f-b"))
    ]  # fmt: skip
    found = judged([thing("ReplicaSet", "web-7f", "apps/v1"), waits, *left])
    [told] = [f for f in found if f.code == "POD_DISPLACED"]
    assert told.message.startswith("2 pods were removed from their nodes, web-7f-a, web-7f-b: ")
    assert [ref.name for ref in told.related] == ["web-7f-a", "web-7f-b"]


@pytest.mark.parametrize(("every", "told"), [(150, False), (8, True)])
def test_an_error_that_has_always_been_there_now_and_then_is_no_news(
    every: int, told: bool
) -> None:
    said = "ERROR failed to look up user"
    lines = [
        f"2026-03-02T0{7 + at // 3600}:{at // 60 % 60:02}:{at % 60:02}Z {said}"
        for at in range(0, 7200, every)
    ]
    assert bool(judged([pod("api")], api="\n".join(lines))) is told


def test_a_caller_outside_the_mesh_is_known_by_its_log_alone() -> None:
    policy = thing(
        "PeerAuthentication", "default", "security.istio.io/v1", home="istio-system",
        spec={"mtls": {"mode": "STRICT"}},
    )  # fmt: skip
    inside = pod("db", home="data", containers=[{"name": "istio-proxy", "image": "p"}])
    inside["metadata"]["labels"] = {"app": "db"}
    service = thing("Service", "db", home="data", spec={"selector": {"app": "db"}, "ports": []})
    reset = log("ERROR http://db.data:80/: read: connection reset by peer", every=10)
    found = judged([policy, inside, service, pod("api")], api=reset)
    assert roots(found) == ["MUTUAL_TLS_MISMATCH"]


@pytest.mark.parametrize(
    ("began", "told"), [("2026-02-27T02:30:00Z", True), ("2026-03-02T02:30:00Z", False)]
)
def test_a_nightly_job_that_does_not_end_holds_up_the_next_nights(began: str, told: bool) -> None:
    cron = thing(
        "CronJob", "audit", "batch/v1",
        spec={"schedule": "30 2 * * *", "concurrencyPolicy": "Forbid"},
        status={"active": [{"kind": "Job", "name": "audit-1"}], "lastScheduleTime": began},
    )  # fmt: skip
    job = thing("Job", "audit-1", "batch/v1", spec={}, status={"active": 1, "startTime": began})
    assert ("CRON_JOB_MISSES_RUNS" in [f.code for f in judged([cron, job])]) is told


def test_members_without_a_node_explain_that_the_rest_find_no_leader() -> None:
    waits = thing(
        "Pod", "kv-0", metadata={"ownerReferences": [
            {"kind": "StatefulSet", "name": "kv", "apiVersion": "apps/v1", "uid": "s"}
        ]},
        spec={"containers": []},
        status={"phase": "Pending", "conditions": [{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/3 nodes are available: 3 node(s) had volume node affinity conflict.",
        }]},
    )  # fmt: skip
    no_leader = log("ERROR rpc error: No cluster leader", every=10)
    objects = [waits, pod("kv-1"), pod("api"), thing("StatefulSet", "kv", "apps/v1")]
    found = judged(objects, **{"kv-1": no_leader})
    assert "LOG_ERRORS" not in roots(found)


def test_a_node_whose_certificate_has_expired_is_known_by_who_refuses_it() -> None:
    node = thing(
        "Node", "n1", home="",
        status={"conditions": [{
            "type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown",
            "message": "Kubelet stopped posting node status.",
            "lastTransitionTime": "2026-03-02T08:41:00Z",
        }]},
    )  # fmt: skip
    refuses = log(
        "E0302 authentication.go:73] Unable to authenticate the request: x509: certificate has "
        "expired or is not yet valid"
    )
    server = pod("kube-apiserver-cp-1")
    told = judged([node, server], **{"kube-apiserver-cp-1": refuses})[0]
    calm = judged([node, server])[0]
    assert told.code == calm.code == "NODE_NOT_READY"
    assert "refuses a certificate that has expired" in told.message
    assert "certificate" not in calm.message
