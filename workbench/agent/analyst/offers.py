"""The tools at hand, found by what they are called and filled in by their schemas."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.agent.answers import Answer
from workbench.core.cluster import ObjectRef

DIAGNOSE = "diagnose"
DESCRIBE = "describe"
EVENTS = "events"
LOGS = "logs"
GET = "get_resource"
LIST = "list_resources"
ROLLOUT = "rollout_history"
TIMELINE = "timeline"
PREVIEW = "preview_change"

# What other Kubernetes tool servers call the same thing.
_ALSO = {
    DESCRIBE: ("kubectl_describe",),
    EVENTS: ("events_list",),
    LOGS: ("pods_log", "kubectl_logs"),
    GET: ("kubectl_get",),
    LIST: ("kubectl_list",),
}
_SPELLINGS = {
    "name": ("name", "pod", "pod_name", "resource_name"),
    "namespace": ("namespace", "ns"),
    "kind": ("kind", "resource_type", "resourceType"),
}


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that can be called now. ``arguments`` are the properties its schema names."""

    name: str
    remote_name: str
    arguments: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call to make. ``about`` is the object it looks at, None for many."""

    tool: str
    remote_name: str
    arguments: dict[str, Any]
    about: ObjectRef | None = None

    def made(self, answers: tuple[Answer, ...]) -> bool:
        return any(a.tool == self.tool and a.arguments == self.arguments for a in answers)


def offer(name: str, remote_name: str, schema: dict[str, Any]) -> Offer:
    """The tool by its JSON schema, whatever of it is well formed."""
    properties, required = schema.get("properties"), schema.get("required")
    return Offer(
        name=name,
        remote_name=remote_name,
        arguments=frozenset(properties) if isinstance(properties, dict) else frozenset(),
        required=frozenset(r for r in required if isinstance(r, str))
        if isinstance(required, list)
        else frozenset(),
    )


def role(remote_name: str) -> str:
    """Our word for a tool another server may call differently."""
    return next((r for r, also in _ALSO.items() if remote_name in also), remote_name)


def call(
    offers: tuple[Offer, ...], wanted: str, about: ObjectRef | None = None, **more: Any
) -> Call | None:
    """A call of the tool in the role ``wanted``, or None when no tool fits.

    ``about`` fills in kind, namespace and name. Arguments the tool does not take are left out; a
    tool that requires one we cannot fill does not fit.
    """
    tool = next((o for o in offers if role(o.remote_name) == wanted), None)
    if tool is None:
        return None
    values = {**_reference(about), **more}
    arguments = {}
    for key, value in values.items():
        spelled = next((s for s in _SPELLINGS.get(key, (key,)) if s in tool.arguments), "")
        if spelled:
            arguments[spelled] = value
    if tool.required - arguments.keys():
        return None
    return Call(tool=tool.name, remote_name=tool.remote_name, arguments=arguments, about=about)


def _reference(about: ObjectRef | None) -> dict[str, str]:
    if about is None:
        return {}
    fields = {"kind": about.kind, "namespace": about.namespace, "name": about.name}
    return {k: v for k, v in fields.items() if v}


def subject(answer: Answer) -> ObjectRef | None:
    """The object a finished call looked at; None when it looked at many."""
    values = {
        key: next((answer.arguments[s] for s in spelled if s in answer.arguments), "")
        for key, spelled in _SPELLINGS.items()
    }
    if not all(isinstance(v, str) for v in values.values()) or not values["name"]:
        return None
    kind = values["kind"] or ("Pod" if role(answer.remote_name) == LOGS else "")
    return ObjectRef(kind, values["namespace"], values["name"])
