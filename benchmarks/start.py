"""How long the commands take that start from nothing: CPU seconds of whole processes.

Beside each figure stands the floor, ``python -c pass``, run in turn with it.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 7
PODS = 200


def cpu(command: list[str]) -> float:
    """CPU seconds, user and system, that the command and its children took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cluster_of(pods: int) -> dict[str, object]:
    """A List of pods, every tenth of them crash-looping."""
    return {"apiVersion": "v1", "kind": "List", "items": [pod(i) for i in range(pods)]}


def pod(number: int) -> dict[str, object]:
    broken = number % 10 == 0
    state = {"waiting": {"reason": "CrashLoopBackOff"}} if broken else {"running": {}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"web-{number}",
            "namespace": "shop",
            "labels": {"app": "web"},
            "creationTimestamp": "2026-03-01T10:00:00Z",
        },
        "spec": {"nodeName": "node-a", "containers": [{"name": "web", "image": "web:1"}]},
        "status": {
            "phase": "Running",
            "containerStatuses": [
                {
                    "name": "web",
                    "ready": not broken,
                    "restartCount": 9 * broken,
                    "state": state,
                    "lastState": {"terminated": {"exitCode": 1}} if broken else {},
                }
            ],
        },
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Path(folder) / "cluster.json"
        snapshot.write_text(json.dumps(cluster_of(PODS)))
        workbench = [sys.executable, "-m", "workbench"]
        commands = {
            "python -c pass (floor)": [sys.executable, "-c", "pass"],
            "workbench --help": [*workbench, "--help"],
            f"workbench analyze, {PODS} objects": [
                *workbench,
                "analyze",
                "--snapshot",
                str(snapshot),
            ],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                taken[name].append(cpu(command))
    floor = statistics.median(taken["python -c pass (floor)"])
    for name, seconds in taken.items():
        middle = statistics.median(seconds)
        print(f"{name:<34} {middle:6.3f} s CPU   {middle / floor:5.1f}x the floor")


if __name__ == "__main__":
    main()
