from __future__ import annotations

from typing import Any

import pytest

from workbench.kubernetes.snapshots.serve.columns.pods import readout


def pod(init: Any = (), running: Any = (), phase: str = "Running", **status: Any) -> dict[str, Any]:
    """A pod whose containers are named c0, c1 … and are in these states."""

    def statuses(states: Any, prefix: str) -> list[dict[str, Any]]:
        return [
            {"name": f"{prefix}{i}", "ready": "running" in s, "restartCount": 0, "state": s}
            for i, s in enumerate(states)
        ]

    spec = {
        "initContainers": [{"name": f"i{n}"} for n, _ in enumerate(init)],
        "containers": [{"name": f"c{n}"} for n, _ in enumerate(running)] or [{"name": "c0"}],
    }
    told = {
        "phase": phase,
        "initContainerStatuses": statuses(init, "i"),
        "containerStatuses": statuses(running, "c"),
    }
    return {"kind": "Pod", "metadata": {"name": "p"}, "spec": spec, "status": told | status}


UP: dict[str, Any] = {"running": {}}
DONE = {"terminated": {"exitCode": 0, "reason": "Completed"}}


def waiting(reason: str) -> dict[str, Any]:
    return {"waiting": {"reason": reason}}


def ended(code: int, **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, **more}}


@pytest.mark.parametrize(
    ("tree", "shown"),
    [
        (pod(phase="Pending"), "Pending 0/1"),
        (pod(running=[UP, UP]), "Running 2/2"),
        (pod(running=[UP, waiting("CrashLoopBackOff")]), "CrashLoopBackOff 1/2"),
        (pod(running=[ended(1, reason="Error")]), "Error 0/1"),
        (pod(running=[ended(3)]), "ExitCode:3 0/1"),
        (pod(running=[ended(0, signal=9)]), "Signal:9 0/1"),
        (pod(running=[DONE], phase="Succeeded"), "Completed 0/1"),
        (pod(running=[DONE, UP]), "NotReady 1/2"),
        (
            pod(running=[DONE, UP], conditions=[{"type": "Ready", "status": "True"}]),
            "Running 1/2",
        ),
        (pod(init=[waiting("PodInitializing")], phase="Pending"), "Init:0/1 0/1"),
        (pod(init=[DONE, UP], phase="Pending"), "Init:1/2 0/1"),
        (pod(init=[waiting("CrashLoopBackOff")]), "Init:CrashLoopBackOff 0/1"),
        (pod(init=[ended(1, reason="Error")]), "Init:Error 0/1"),
        (pod(init=[ended(2)]), "Init:ExitCode:2 0/1"),
        (pod(reason="Evicted", phase="Failed"), "Evicted 0/1"),
        (
            pod(conditions=[{"type": "PodScheduled", "reason": "SchedulingGated"}]),
            "SchedulingGated 0/1",
        ),
    ],
)
def test_the_status_is_the_one_kubectl_shows(tree: dict[str, Any], shown: str) -> None:
    found = readout(tree)
    assert f"{found.reason} {found.ready}/{found.total}" == shown


def test_a_pod_that_is_being_deleted_is_terminating_until_it_has_ended() -> None:
    going = pod(running=[UP])
    going["metadata"]["deletionTimestamp"] = "2026-03-01T12:00:00Z"
    assert readout(going).reason == "Terminating"
    assert readout(going | {"status": going["status"] | {"reason": "NodeLost"}}).reason == "Unknown"
    over = pod(running=[DONE], phase="Succeeded")
    over["metadata"]["deletionTimestamp"] = "2026-03-01T12:00:00Z"
    assert readout(over).reason == "Completed"


def test_a_sidecar_counts_among_the_containers() -> None:
    tree = pod(init=[UP], running=[UP])
    tree["spec"]["initContainers"][0]["restartPolicy"] = "Always"
    tree["status"]["initContainerStatuses"][0] |= {"started": True, "restartCount": 3}
    found = readout(tree)
    assert (found.reason, found.ready, found.total, found.restarts) == ("Running", 2, 2, 3)
