"""What can be changed, and how each change is asked for."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from workbench.errors import UsageError

REPLICAS_MOST = 10_000
"""More is a typing error."""

_EXPECTED = re.compile(r" - at `\$\.?(?P<where>[^`]*)`")


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments of one change. ``namespace`` is "" for the context's own."""


class Scale(Asked, frozen=True):
    kind: str
    name: str
    replicas: int
    namespace: str = ""


class RolloutRestart(Asked, frozen=True):
    kind: str
    name: str
    namespace: str = ""
    restarted_at: str = ""


class RolloutUndo(Asked, frozen=True):
    kind: str
    name: str
    namespace: str = ""
    to_revision: int = 0


class Cordon(Asked, frozen=True):
    name: str


class Uncordon(Asked, frozen=True):
    name: str


class DeletePod(Asked, frozen=True):
    name: str
    namespace: str = ""


class Apply(Asked, frozen=True):
    manifest: str
    namespace: str = ""
    force: bool = False


class SetImage(Asked, frozen=True):
    kind: str
    name: str
    container: str
    image: str
    namespace: str = ""


class SetResources(Asked, frozen=True):
    """``limits`` and ``requests`` by resource; an empty quantity takes the entry away."""

    kind: str
    name: str
    container: str
    limits: dict[str, str] = {}
    requests: dict[str, str] = {}
    namespace: str = ""


KINDS_OF_CHANGE: dict[str, type[Asked]] = {
    "scale": Scale,
    "rollout_restart": RolloutRestart,
    "rollout_undo": RolloutUndo,
    "cordon": Cordon,
    "uncordon": Uncordon,
    "delete_pod": DeletePod,
    "apply": Apply,
    "set_image": SetImage,
    "set_resources": SetResources,
}
"""Every change there is, by the name of its tool."""


def read(tool: str, arguments: dict[str, Any]) -> Asked:
    """The arguments as the change takes them. Raises UsageError that names what is wrong."""
    kind = KINDS_OF_CHANGE.get(tool)
    if kind is None:
        raise UsageError(
            f"There is no change called {tool!r}.", f"There are {', '.join(KINDS_OF_CHANGE)}."
        )
    try:
        asked = msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        said = _EXPECTED.sub(lambda m: f" ({m['where']})" if m["where"] else "", str(error))
        raise UsageError(f"{tool} was asked wrongly: {said}.", _usage(tool, kind)) from error
    _check(tool, asked)
    return asked


def _check(tool: str, asked: Asked) -> None:
    if not getattr(asked, "name", "x").strip():
        raise UsageError(f"{tool} needs the name of an object.")
    if isinstance(asked, Scale) and not 0 <= asked.replicas <= REPLICAS_MOST:
        raise UsageError(
            f"{asked.replicas} is no number of replicas.", f"Give 0 to {REPLICAS_MOST}."
        )
    if isinstance(asked, SetImage) and not re.fullmatch(r"[^\s]{1,512}", asked.image):
        raise UsageError(f"{asked.image!r} is no image.", "Give one as in registry/name:tag.")
    if isinstance(asked, SetResources) and not (asked.limits or asked.requests):
        raise UsageError(
            "set_resources needs limits or requests.", 'Like limits={"memory": "1Gi"}.'
        )


def _usage(tool: str, kind: type[Asked]) -> str:
    fields = (f.name if f.required else f"[{f.name}]" for f in msgspec.structs.fields(kind))
    return f"{tool} takes {', '.join(fields)}."
