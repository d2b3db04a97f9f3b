"""From a variable that a log misses to the object and key it is read from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from workbench.agent.analyst import offers as role
from workbench.agent.analyst.quotes import segments
from workbench.agent.answers import Answer
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding

_UNSET = re.compile(
    r"not set|unset|missing|required|undefined|not defined|not provided|is empty|KeyError",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]\b")
# As kubectl describe prints it; some versions write "in", some "of".
_SOURCE = re.compile(
    r"<set to the key '(?P<key>[^']+)' (?:in|of) (?P<kind>secret|config map) '(?P<name>[^']+)'>"
)
_KINDS = {"secret": "Secret", "config map": "ConfigMap"}
_BYTES = re.compile(r"^\s+(\S+):\s+<?\d+ bytes>?\s*$", re.MULTILINE)


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable that a log calls missing, and where the container takes it from.

    holder: the ConfigMap or Secret; None when the container does not set the variable at all.
    line: how the description says it. logged, described: the answers that show both.
    """

    name: str
    logged: Answer
    described: Answer
    line: str = ""
    holder: ObjectRef | None = None
    key: str = ""


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the holder showed. keys: those it has; "" and none when it does not exist.

    manager, changed: who wrote its data last and when, where the answer says so.
    owner: the object that keeps it as it is, such as an ExternalSecret.
    """

    answer: Answer
    exists: bool
    keys: tuple[str, ...] = ()
    manager: str = ""
    changed: str = ""
    owner: str = ""


def missing_variable(looks: Iterable[Answer], namespace: str) -> Variable | None:
    """The variable that one of the looks' logs calls missing, found in one of its descriptions."""
    looks = [a for a in looks if not a.failed and a.evidence]
    logs = [a for a in looks if role.role(a.remote_name) == role.LOGS]
    described = [a for a in looks if role.role(a.remote_name) == role.DESCRIBE]
    for log in logs:
        for name in missing_names(log.text):
            for description in described:
                found = _source_of(name, log, description, namespace)
                if found:
                    return found
    return None


def missing_names(log: str) -> tuple[str, ...]:
    """Variables that lines of the log call missing, the newest first."""
    lines = [s for s in segments(log) if _UNSET.search(s)]
    return tuple(dict.fromkeys(n for s in reversed(lines) for n in _VARIABLE.findall(s)))


def _source_of(name: str, log: Answer, description: Answer, namespace: str) -> Variable | None:
    text = description.text
    line = re.search(rf"^\s*{re.escape(name)}:\s+(\S.*)$", text, re.MULTILINE)
    source = _SOURCE.search(line[1]) if line else None
    if source:
        holder = ObjectRef(_KINDS[source["kind"]], namespace, source["name"])
        return Variable(
            name=name,
            logged=log,
            described=description,
            line=source[0],
            holder=holder,
            key=source["key"],
        )
    complete = "Environment:" in text and "Environment Variables from" not in text
    if line or not complete:
        return None
    return Variable(name=name, logged=log, described=description)


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """A container that reads a variable from a key, as a finding's evidence says it."""

    container: str
    variable: str
    key: str


_READS = re.compile(r"spec\.containers\[(?P<container>[^\]]+)\]\.env\[(?P<variable>[^\]]+)\]")


def reader(finding: Finding) -> Reader | None:
    """Who reads the key that the finding calls missing; None when it tells of no key."""
    for pointer in finding.evidence if "KEY_MISSING" in finding.code else ():
        said, (_, _, key) = _READS.match(pointer.path), pointer.value.rpartition("/")
        if said and key:
            return Reader(container=said["container"], variable=said["variable"], key=key)
    return None


def holding(holder: ObjectRef, answers: Iterable[Answer]) -> Holding | None:
    """What the newest look at the holder showed; None when nobody has looked."""
    looks = [a for a in answers if role.subject(a) == holder and a.evidence]
    for answer in reversed(looks):
        if answer.failed:
            gone = re.search(r"not ?found|does not exist|there is no", answer.text, re.IGNORECASE)
            return Holding(answer=answer, exists=False) if gone else None
        keys = _keys(answer)
        if keys is not None:
            return _held(answer, keys)
    return None


def _keys(answer: Answer) -> tuple[str, ...] | None:
    tree = _tree(answer)
    if tree is not None:
        return tuple(k for part in ("data", "binaryData") for k in _mapping(tree.get(part)))
    found = tuple(_BYTES.findall(answer.text))
    return found or None


def _held(answer: Answer, keys: tuple[str, ...]) -> Holding:
    metadata = _mapping((_tree(answer) or {}).get("metadata"))
    writers = [w for w in _items(metadata.get("managedFields")) if "f:data" in str(w)]
    newest = max(writers, key=lambda w: str(w.get("time") or ""), default={})
    owner = next(iter(_items(metadata.get("ownerReferences"))), {})
    named = f"{owner.get('kind')} {owner.get('name')}" if owner else ""
    return Holding(
        answer=answer,
        exists=True,
        keys=keys,
        manager=str(newest.get("manager") or ""),
        changed=str(newest.get("time") or ""),
        owner=named,
    )


def _tree(answer: Answer) -> dict[str, Any] | None:
    data = answer.data.get("object") if isinstance(answer.data, dict) else None
    return data if isinstance(data, dict) else None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []
