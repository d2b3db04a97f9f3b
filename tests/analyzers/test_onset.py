"""When the trouble of a container began."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.analysis import snapshot_of
from workbench.analyzers import analyze

RELEASED = "2026-03-02T05:18:00Z"


def pod(restarts: int, last: tuple[str, str], reason: str = "OOMKilled") -> dict[str, Any]:
    started, finished = last
    code = 137 if reason == "OOMKilled" else 1
    ended = {"exitCode": code, "reason": reason, "startedAt": started, "finishedAt": finished}
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "creationTimestamp": RELEASED},
        "spec": {"containers": [{"name": "web", "image": "web:2"}]},
        "status": {
            "phase": "Running", "startTime": RELEASED,
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": finished}],
            "containerStatuses": [{
                "name": "web", "image": "web:2", "ready": True, "restartCount": restarts,
                "state": {"running": {"startedAt": finished}},
                "lastState": {"terminated": ended},
            }],
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("restarts", "began"),
    [(13, "05:18"), (2, "09:25")],
    ids=["as many runs as fit", "few runs, the last of them short"],
)
def test_repeated_kills_began_with_the_pod_when_all_its_runs_were_alike(
    restarts: int, began: str
) -> None:
    killed = pod(restarts, ("2026-03-02T09:06:00Z", "2026-03-02T09:25:00Z"))
    snapshot = snapshot_of([killed])
    (found,) = (f for f in analyze(snapshot, snapshot.taken_at).findings if "OOM" in f.code)
    assert found.since is not None
    assert f"{found.since:%H:%M}" == began
