"""A large cluster collected and judged, beside the floor and other clients, all from one run.

    python benchmarks/collect.py [--pods 10000] [--rounds 5] [--growth] [--chunked]

The floor is a raw socket and msgspec into the same typed structs. Rounds are interleaved and every
measurement is a process of its own; medians are printed. ``--growth`` measures CPU from 1,000 to
50,000 pods instead. The floor and the workbench read every kind; the others read pods alone.

Targets: collected and judged within 2.0x the floor and 200 MiB; again from warm watches within
0.3 s; CPU in proportion to the pods.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LARGE = HERE / "large_cluster"
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}"}

NAMES = {
    "floor": "raw socket + msgspec (floor)",
    "cold": "workbench, collected and judged",
    "warm": "workbench, again from watches",
    "kr8s": "kr8s raw, pods only",
    "official": "official client raw, pods only",
    "mcp": "kubernetes-mcp-server pods_list",
}
SLOW = ("kr8s", "official", "mcp")
SLOW_ROUNDS = 2
SIZES = (1_000, 5_000, 10_000, 25_000, 50_000)


@contextmanager
def serving(pods: int, chunked: bool) -> Iterator[tuple[str, dict[str, int]]]:
    """An API server for so many pods: its port, and bytes of JSON by plural name."""
    command = [sys.executable, str(LARGE / "server.py"), str(pods), *["--chunked"] * chunked]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        port, _, sizes = server.stdout.readline().decode().partition(" ")
        try:
            yield port, json.loads(sizes)
        finally:
            server.stdin.close()


def measure(name: str, port: str, folder: str) -> dict[str, Any]:
    """One contender in a fresh process."""
    command = [sys.executable, str(LARGE / "contenders.py"), name, port, folder]
    done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, check=True)
    return dict(json.loads(done.stdout))


def compare(pods: int, rounds: int, chunked: bool) -> None:
    """Every contender, round by round."""
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES}
    with tempfile.TemporaryDirectory() as folder, serving(pods, chunked) as (port, sizes):
        print(f"{pods} pods of {sizes['pods'] / pods / 1000:.1f} kB,", end=" ")
        print(f"{sizes['pods'] / 1e6:.0f} MB; {sum(sizes.values()) / 1e6:.0f} MB with neighbours")
        measure("mcp", port, folder)  # its first question makes the server's tables
        for number in range(rounds):
            for name in NAMES:
                if name not in SLOW or number < SLOW_ROUNDS:
                    taken[name].append(measure(name, port, folder))
    floor = middle(taken["floor"], "seconds")
    for name, title in NAMES.items():
        print(line(title, taken[name], floor))


def line(title: str, taken: list[dict[str, Any]], floor: float) -> str:
    """``title``, wall and CPU seconds, times the floor, MiB and what was found."""
    if "skipped" in taken[0]:
        return f"{title:<34} skipped: {taken[0]['skipped']}"
    wall, cpu, peak = (middle(taken, key) for key in ("seconds", "cpu", "peak"))
    return (
        f"{title:<34} {wall:6.2f} s  {cpu:6.2f} s CPU  {wall / floor:5.2f}x the floor  "
        f"{peak:5.0f} MiB  {taken[0]['found']}"
    )


def middle(taken: list[dict[str, Any]], key: str) -> float:
    return statistics.median(one[key] for one in taken)


def growth(rounds: int, chunked: bool) -> None:
    """CPU seconds and memory of the workbench from small to very large."""
    for pods in SIZES:
        with tempfile.TemporaryDirectory() as folder, serving(pods, chunked) as (port, _):
            taken = [measure("cold", port, folder) for _ in range(rounds)]
        cpu, peak = middle(taken, "cpu"), middle(taken, "peak")
        each = cpu / pods * 1e6
        print(f"{pods:>6} pods  {cpu:6.2f} s CPU  {each:4.0f} µs a pod  {peak:5.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--chunked", action="store_true", help="answer in chunks of 8 KiB")
    asked = parser.parse_args()
    if asked.growth:
        growth(asked.rounds, asked.chunked)
    else:
        compare(asked.pods, asked.rounds, asked.chunked)


if __name__ == "__main__":
    main()
