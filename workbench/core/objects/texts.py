"""What replicas say in the same words is parsed once.

Labels, owners and most of a pod's spec repeat from pod to pod, letter by letter. They are left as
text while a list is parsed; a text that was seen before in the same reading is known already.
Objects are frozen, so nobody can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import force_setattr, replace

from workbench.core.objects.meta import AnnotatedMeta, KubeObject, Meta, OwnerReference, WrittenMeta
from workbench.core.objects.pods import Container, Pod, PodSpec, Toleration, Volume

TEXTS_MOST = 4096
"""Texts remembered of labels and of owners, some 300 bytes each: those of 4,096 applications."""

_TOKEN = b'"kube-api-access-'
_TOKEN_LENGTH = len(_TOKEN) + 5
"""The volume of a pod's token ends in five random characters (Kubernetes source, service account
admission plugin), the one thing in which the specs of replicas differ."""


class Texts:
    """What was parsed so far in one reading of a cluster, whatever its kind."""

    def __init__(self) -> None:
        self._labels = _Known(dict[str, str])
        self._owners = _Known(tuple[OwnerReference, ...])
        self._tolerations = _Last(tuple[Toleration, ...])
        self._containers = _Last(tuple[Container, ...])
        self._volumes = _Last(tuple[Volume, ...])

    def parse(self, objects: Sequence[KubeObject]) -> None:
        """Replace what ``unparsed`` kinds hold as text. Raises ``msgspec.ValidationError``."""
        labels, owners = self._labels, self._owners
        for obj in objects:
            meta: Any = obj.metadata
            force_setattr(meta, "labels", labels[bytes(meta.labels)])
            refs = meta.owner_references
            force_setattr(meta, "owner_references", () if refs is _LIST else owners[bytes(refs)])
        if objects and isinstance(objects[0], Pod):
            for pod in objects:
                self._parse_spec(pod.spec)  # type: ignore[attr-defined]

    def _parse_spec(self, spec: Any) -> None:
        name = _token(bytes(spec.volumes))
        force_setattr(spec, "containers", self._containers.value(spec.containers, name))
        force_setattr(spec, "tolerations", self._tolerations.value(spec.tolerations, b""))
        volumes = self._volumes.value(spec.volumes, name)
        if name != self._volumes.name:
            old, new = self._volumes.name.decode(), name.decode()
            volumes = tuple(replace(v, name=new) if v.name == old else v for v in volumes)
        force_setattr(spec, "volumes", volumes)


class _Known(dict[bytes, Any]):
    """Values by the JSON they were parsed from, the oldest forgotten first."""

    def __init__(self, type_: Any) -> None:
        self._decoder = msgspec.json.Decoder(type_)

    def __missing__(self, text: bytes) -> Any:
        if len(self) >= TEXTS_MOST:
            del self[next(iter(self))]
        value = self[text] = self._decoder.decode(text)
        return value


class _Last:
    """The value parsed last, its text in pieces, and the ``name`` that stood between them.

    Lists are sorted by name, so replicas stand together, and to compare a few kB is far faster
    than to look them up.
    """

    def __init__(self, type_: Any) -> None:
        self._decoder = msgspec.json.Decoder(type_)
        self._pieces = [b""]
        self._value: Any = None
        self.name = b""

    def value(self, raw: Raw, name: bytes) -> Any:
        """What the text stands for, but for the name, which is that of the text parsed last."""
        text = bytes(raw)
        if name.join(self._pieces) != text:
            self._value = self._decoder.decode(text)
            self._pieces = text.split(name) if name else [text]
            self.name = name
        return self._value


def _token(volumes: bytes) -> bytes:
    """The name of the volume with the pod's token; "" where it has none."""
    at = volumes.find(_TOKEN)
    end = at + _TOKEN_LENGTH
    return volumes[at + 1 : end] if at >= 0 and volumes[end : end + 1] == b'"' else b""


@cache
def unparsed(kind: type[KubeObject]) -> type[KubeObject]:
    """The kind, with that left as text which ``Texts.parse`` replaces."""
    fields = [_field("metadata", _META[type(kind().metadata)])]
    if kind is Pod:
        fields.append(_field("spec", _Spec))
    made: Any = msgspec.defstruct(
        kind.__name__,
        fields,
        bases=(kind,),
        namespace={"__eq__": _equal, "__ne__": _unequal},
        frozen=True,
        kw_only=True,
        gc=False,
    )
    return made  # type: ignore[no-any-return]


def _field(name: str, type_: type[msgspec.Struct]) -> tuple[str, Any, Any]:
    return name, type_, msgspec.field(default_factory=type_)


def _equal(one: msgspec.Struct, other: object) -> bool:
    """Equality by fields: what was read in a list equals what was read alone."""
    return isinstance(other, msgspec.Struct) and (
        set(one.__struct_fields__) == set(other.__struct_fields__)
        and all(getattr(one, f) == getattr(other, f) for f in one.__struct_fields__)
    )


def _unequal(one: msgspec.Struct, other: object) -> bool:
    return not _equal(one, other)


_LIST, _MAP = Raw(b"[]"), Raw(b"{}")


class _Spec(PodSpec):
    containers: Raw = _LIST  # type: ignore[assignment]
    volumes: Raw = _LIST  # type: ignore[assignment]
    tolerations: Raw = _LIST  # type: ignore[assignment]
    __eq__, __ne__ = _equal, _unequal


class _Meta(Meta):
    labels: Raw = _MAP  # type: ignore[assignment]
    owner_references: Raw = _LIST  # type: ignore[assignment]
    __eq__, __ne__ = _equal, _unequal


class _WrittenMeta(WrittenMeta):
    labels: Raw = _MAP  # type: ignore[assignment]
    owner_references: Raw = _LIST  # type: ignore[assignment]
    __eq__, __ne__ = _equal, _unequal


class _AnnotatedMeta(AnnotatedMeta):
    labels: Raw = _MAP  # type: ignore[assignment]
    owner_references: Raw = _LIST  # type: ignore[assignment]
    __eq__, __ne__ = _equal, _unequal


_META: dict[type[Meta], type[Meta]] = {
    Meta: _Meta,
    WrittenMeta: _WrittenMeta,
    AnnotatedMeta: _AnnotatedMeta,
}
