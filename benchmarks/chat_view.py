"""What a step costs the chat on the server: CPU milliseconds at first and after 2,000 steps; and
what a token of a model does: CPU microseconds and bytes at the start and after 5,000.

floor: the step as JSON, which is what the API's stream sends. peer: the whole answer rendered anew
with every step, as chat widgets that yield the text so far do. ours: the step's own fragment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from workbench.chat.turns import Turn
from workbench.core.cluster import Scope
from workbench.core.investigation import Asked, Investigation, Step, ToolAnswered, ToolCalled

STEPS = 2_000
ROUND = 100
TOKENS = 5_000
TARGET = 1.5
"""How much more a step may cost at the end than at the start."""
AT = datetime(2026, 3, 1, tzinfo=UTC)


def steps() -> list[Step]:
    made: list[Step] = [Asked(at=AT, question="why?", model="analyst")]
    for n in range(STEPS // 2):
        call = {"call_id": f"c{n}", "tool": "kube_logs"}
        arguments = {"pod": f"web-{n}", "namespace": "shop", "previous": True}
        made.append(ToolCalled(at=AT, arguments=arguments, **call))
        answer = {"evidence": f"E{n}", "summary": "100 lines", "duration_ms": 12.0}
        made.append(ToolAnswered(at=AT, **call, **answer))
    return made


def cost(work: Callable[[Step], object], some: list[Step]) -> float:
    """CPU milliseconds per step."""
    before = time.process_time()
    for step in some:
        work(step)
    return (time.process_time() - before) / len(some) * 1000


def tokens(turn: Turn) -> None:
    """Words as they come: what is sent of each, up to as many as are shown."""
    for begin, end in ((0, ROUND), (ROUND, TOKENS)):
        before, sent = time.process_time(), 0
        for _ in range(begin, end):
            for part in turn.hear("token "):
                sent += len(msgspec.json.encode({"op": "add", "to": turn.words, "html": str(part)}))
        spent = (time.process_time() - before) / (end - begin) * 1_000_000
        print(f"tokens {begin}-{end}: {spent:.1f} us, {sent / (end - begin):.0f} bytes each")


def main() -> None:
    investigation = Investigation(id=UUID(int=1), number=1, question="why?", scope=Scope())
    every = steps()
    ours, peer = Turn(investigation), Turn(investigation)

    def whole(step: Step) -> str:
        peer.take(step)
        return str(peer.article())

    found = {
        "floor": (cost(msgspec.json.encode, every[:ROUND]),) * 2,
        "peer": (cost(whole, every[:ROUND]), 0.0),
        "ours": (cost(ours.take, every[:ROUND]), 0.0),
    }
    for step in every[ROUND:-ROUND]:
        ours.take(step)
        peer.take(step)
    found["peer"] = (found["peer"][0], cost(whole, every[-ROUND:]))
    found["ours"] = (found["ours"][0], cost(ours.take, every[-ROUND:]))
    tokens(ours)
    for name, (first, last) in found.items():
        print(f"{name:6} {first:.4f} ms at the start  {last:.4f} ms after {STEPS} steps")
    ratio = found["ours"][1] / found["ours"][0]
    print(f"target ratio <= {TARGET}: {ratio:.2f} {'held' if ratio <= TARGET else 'MISSED'}")


if __name__ == "__main__":
    main()
