"""Proposed changes and decisions as the tests need them, and ways to tamper with them."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from workbench.core.change import Preview, ProposedChange
from workbench.core.cluster import ObjectRef

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CLUSTER = "kind-shop"
ARGUMENTS: dict[str, Any] = {
    "kind": "Deployment",
    "name": "web",
    "namespace": "shop",
    "replicas": 3,
    "resource_version": "661",
    "diff_sha256": "0f" * 32,
}
COUNT = int(os.environ.get("WORKBENCH_TEST_APPROVALS", "300"))
"""How many tampered approvals to try; the promise is about 10,000."""


def a_change(investigation: UUID | None = None, **fields: Any) -> ProposedChange:
    arguments = fields.pop("arguments", ARGUMENTS)
    defaults: dict[str, Any] = {
        "id": uuid7(),
        "investigation": investigation or uuid7(),
        "evidence": "E4",
        "tool": "kube_scale",
        "preview": Preview(
            tool="scale",
            arguments=dict(arguments),
            target=ObjectRef("Deployment", "shop", "web"),
            resource_version="661",
            diff="-  replicas: 2\n+  replicas: 3\n",
        ),
        "cluster": CLUSTER,
        "by": "ann",
        "at": NOON,
        "expires": NOON + timedelta(hours=1),
    }
    return ProposedChange(**defaults | fields)


def mutated(arguments: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """Endlessly, arguments that differ from these in one thing a person could overlook."""
    chance = random.Random(seed)
    while True:
        changed = copy.deepcopy(arguments)
        name = chance.choice([*changed])
        value = changed[name]
        ways: list[Any] = [None, [value], {"value": value}, str(value) + "\u200b", f"{value} "]
        if isinstance(value, int):
            ways += [value + 1, -value, float(value), str(value), value * 10, bool(value)]
        if isinstance(value, str):
            at = chance.randrange(len(value))
            ways += [value.swapcase(), value[:-1], value + value[-1], value + "\0", value.upper()]
            ways.append(value[:at] + chance.choice("abcdef0123456789-") + value[at + 1 :])
        ways += [_RENAMED, _DROPPED, _ADDED]
        way = chance.choice(ways)
        if way == _RENAMED:
            changed[name.upper()] = changed.pop(name)
        elif way == _DROPPED:
            changed.pop(name)
        elif way == _ADDED:
            changed[chance.choice(["force", "all", "namespace ", "dry_run"])] = chance.choice(
                [True, None, "", 0]
            )
        else:
            changed[name] = way
        if msgspec.json.encode(changed, order="sorted") != msgspec.json.encode(
            arguments, order="sorted"
        ):
            yield changed


_RENAMED, _DROPPED, _ADDED = "<renamed>", "<dropped>", "<added>"
