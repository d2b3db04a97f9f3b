"""A snapshot of 10,000 pods: read, and read as typed objects. Seconds of CPU, and resident memory.

The floor is msgspec decoding the same bytes into the same structs. Each row is the best of three
fresh processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PODS = 10_000
ROUNDS = 3
DEMO = Path(__file__).parents[1] / "workbench" / "kubernetes" / "snapshots" / "demo"


def floor(path: Path) -> None:
    from workbench.core.objects import Pod
    from workbench.core.objects.decode import decode_list

    decode_list(path.read_bytes(), Pod)


def loaded(path: Path) -> None:
    from workbench.kubernetes.snapshots.load import load

    load(path)


def as_typed(path: Path) -> None:
    from workbench.kubernetes.snapshots.load import load
    from workbench.kubernetes.snapshots.typed import typed

    typed(load(path))


def trees(path: Path) -> None:
    """What holding parsed JSON costs."""
    globals()["held"] = json.loads(path.read_bytes())


ROWS = {
    "msgspec, typed (floor)": floor,
    "json, trees": trees,
    "load": loaded,
    "load + typed": as_typed,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pods.json")
        path.write_bytes(_snapshot())
        print(f"{PODS:,} pods, {path.stat().st_size / 2**20:.0f} MiB of JSON")
        print(f"{'':<24}{'CPU s':>8}{'MiB':>8}{'of floor':>10}")
        base = 0.0
        for name in ROWS:
            seconds, memory = min(_measured(name, path) for _ in range(ROUNDS))
            base = base or seconds
            print(f"{name:<24}{seconds:>8.2f}{memory:>8.0f}{seconds / base:>10.1f}")


def _snapshot() -> bytes:
    """The pods of the demo cluster, again and again under other names."""
    files = sorted(DEMO.glob("objects/*/pods.json"))
    pods = [pod for file in files for pod in json.loads(file.read_bytes())["items"]]
    items = []
    for number in range(PODS):
        pod = pods[number % len(pods)]
        name = f"{pod['metadata']['name']}-{number}"
        items.append(pod | {"metadata": pod["metadata"] | {"name": name}})
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()


def _measured(name: str, path: Path) -> tuple[float, float]:
    command = [sys.executable, __file__, name, str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, memory = map(float, said.split())
    return seconds, memory


def _measure(name: str, path: Path) -> None:
    """In a process of its own: CPU seconds, and resident MiB that are left afterwards at most."""
    import gc
    import resource

    work = ROWS[name]
    work(_small(path))  # imports and decoders
    gc.collect()
    before = _resident()
    began = time.process_time()
    work(path)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(seconds, peak - before)


def _small(path: Path) -> Path:
    small = path.with_name(f"small-{os.getpid()}.json")
    small.write_text('{"apiVersion": "v1", "kind": "List", "items": []}')
    return small


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _measure(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
