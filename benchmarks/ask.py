"""From pressing Enter to the first step and to the verdict, on the bundled cluster.

The database is kept warm by this process; everything else starts from nothing. Beside it stands
the time that only importing the libraries such a run needs takes.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 5
QUESTION = "Why is checkout failing?"
IMPORTS = "import mcp, pydantic_ai, asyncpg, msgspec"


def timed_ask() -> tuple[float, float, float]:
    """Seconds until the first step line, the first answered tool call, and the end."""
    started = time.perf_counter()
    first = answered = 0.0
    command = [sys.executable, "-m", "workbench", "ask", "--snapshot", "demo", "-m", "analyst"]
    with subprocess.Popen([*command, QUESTION], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for line in run.stdout:
            first = first or time.perf_counter() - started
            if not answered and "E1" in line:
                answered = time.perf_counter() - started
    return first, answered, time.perf_counter() - started


def imports() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    return time.perf_counter() - started


def main() -> None:
    holder = subprocess.Popen(
        [sys.executable, "-m", "workbench", "db", "url"], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        timed_ask()
        rounds = [(imports(), *timed_ask()) for _ in range(ROUNDS)]
    finally:
        holder.terminate()
        holder.wait()
    floor, first, answered, verdict = (statistics.median(r[i] for r in rounds) for i in range(4))
    print(f"imports alone (floor)     {floor:5.2f} s")
    for name, seconds in (
        ("first step on screen", first),
        ("first tool call answered", answered),
        ("verdict, process ended", verdict),
    ):
        print(f"{name:<25} {seconds:5.2f} s   {seconds / floor:4.2f}x the floor")


if __name__ == "__main__":
    main()
