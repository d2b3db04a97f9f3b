"""When objects without a manifest were looked at: no earlier than the last thing they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from workbench.kubernetes.snapshots.raw import Kept
from workbench.kubernetes.snapshots.trees import mapping, mappings

Text = str | None


class _Entry(msgspec.Struct, frozen=True, rename="camel"):
    """A managedFields entry or a condition."""

    time: Text = None
    last_transition_time: Text = None
    last_heartbeat_time: Text = None


class _Run(msgspec.Struct, frozen=True, rename="camel"):
    started_at: Text = None
    finished_at: Text = None


class _Container(msgspec.Struct, frozen=True, rename="camel"):
    state: dict[str, _Run] | None = None
    last_state: dict[str, _Run] | None = None


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    creation_timestamp: Text = None
    managed_fields: list[_Entry] | None = None


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    conditions: list[_Entry] | None = None
    container_statuses: list[_Container] | None = None


class _Times(msgspec.Struct, frozen=True, rename="camel"):
    """Times that lie in the past by their meaning; expiries and schedules do not."""

    metadata: _Meta = _Meta()
    first_timestamp: Text = None
    last_timestamp: Text = None
    event_time: Text = None
    status: _Status | None = None

    def __iter__(self) -> Iterator[Text]:
        yield from (self.metadata.creation_timestamp, self.first_timestamp)
        yield from (self.last_timestamp, self.event_time)
        for entry in self.metadata.managed_fields or ():
            yield entry.time
        if self.status is None:
            return
        for condition in self.status.conditions or ():
            yield condition.last_transition_time
            yield condition.last_heartbeat_time
        for container in self.status.container_statuses or ():
            for run in (*(container.state or {}).values(), *(container.last_state or {}).values()):
                yield run.started_at
                yield run.finished_at


_DECODER = msgspec.json.Decoder(_Times)


def newest_moment(kinds: Iterable[Kept]) -> datetime | None:
    """The latest time that something in the objects says it happened, or None."""
    times = {t for kept in kinds for data in kept.items for t in _times(data) if t}
    moments = (_moment(t) for t in sorted(times, reverse=True))
    return next((m for m in moments if m), None)


def _times(data: bytes) -> Iterable[Text]:
    try:
        return _DECODER.decode(data)
    except msgspec.ValidationError:
        tree = mapping(msgspec.json.decode(data))
        return [t for t in _loose(tree) if isinstance(t, str)]


def _loose(tree: dict[str, Any]) -> Iterator[Any]:
    """The same times out of an object that is not quite what it should be."""
    meta, status = mapping(tree.get("metadata")), mapping(tree.get("status"))
    yield meta.get("creationTimestamp")
    yield from (tree.get(name) for name in ("firstTimestamp", "lastTimestamp", "eventTime"))
    yield from (entry.get("time") for entry in mappings(meta.get("managedFields")))
    for entry in mappings(status.get("conditions")):
        yield entry.get("lastTransitionTime")
        yield entry.get("lastHeartbeatTime")
    for entry in mappings(status.get("containerStatuses")):
        for state in (mapping(entry.get("state")), mapping(entry.get("lastState"))):
            for run in mappings(list(state.values())):
                yield from (run.get("startedAt"), run.get("finishedAt"))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
