"""Tool definitions as they were when a person, or the first contact, took them: what a server says
of its tools later is compared with these."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable
from typing import Protocol

import msgspec


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """One tool of one server as it was taken.

    definition: name, description, schemas and annotations as canonical JSON.
    reads: a person said that it only reads.
    late: it appeared after the server's first contact, so that trusting the server does not cover
        it.
    by: who accepted it; "" for the first contact.
    """

    server: str
    tool: str
    definition: str
    reads: bool = False
    late: bool = False
    by: str = ""

    @property
    def sha256(self) -> str:
        return sha256(self.definition)


class Pins(Protocol):
    """Where pins are kept. All raise StoreUnavailable when that cannot be reached.

    of: the pins of a server, by tool.
    take: keep these unless there is a pin for the tool already.
    accept: keep this one in place of what there is.
    forget: let go of a server's pins.
    """

    async def of(self, server: str) -> dict[str, Pin]: ...

    async def take(self, pins: Iterable[Pin]) -> None: ...

    async def accept(self, pin: Pin) -> None: ...

    async def forget(self, server: str) -> None: ...


class InMemoryPins:
    """Pins that end with the process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Pin] = {}

    async def of(self, server: str) -> dict[str, Pin]:
        return {pin.tool: pin for pin in self._kept.values() if pin.server == server}

    async def take(self, pins: Iterable[Pin]) -> None:
        for pin in pins:
            self._kept.setdefault((pin.server, pin.tool), pin)

    async def accept(self, pin: Pin) -> None:
        self._kept[pin.server, pin.tool] = pin

    async def forget(self, server: str) -> None:
        self._kept = {key: pin for key, pin in self._kept.items() if key[0] != server}


def sha256(definition: str) -> str:
    """Of the canonical definition, hex."""
    return hashlib.sha256(definition.encode()).hexdigest()


def difference(before: str, now: str) -> str:
    """What changed between two definitions, as a unified diff of their JSON; "" for nothing."""
    lines = difflib.unified_diff(
        _pretty(before), _pretty(now), "accepted", "offered now", n=2, lineterm=""
    )
    return "\n".join(lines)


def _pretty(definition: str) -> list[str]:
    shown = msgspec.json.format(definition.encode(), indent=2) if definition else b""
    return shown.decode(errors="replace").splitlines()
