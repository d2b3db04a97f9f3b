"""OpenAPI v3 schemas, for ``kubectl explain``: the fields the workbench reads, by their structs.

The API has more fields than these; every schema says so. Custom resources are described by their
own definition where the snapshot holds it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import msgspec.inspect as shapes

from workbench.core.objects import BY_KIND
from workbench.core.objects.meta import Meta
from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.resources import Resource
from workbench.kubernetes.snapshots.trees import at, mapping, mappings, text

Schema = dict[str, Any]

INCOMPLETE = "Served from a snapshot: these are the fields the workbench reads, the API has more."
_SCALARS: dict[type[shapes.Type], Schema] = {
    shapes.StrType: {"type": "string"},
    shapes.BoolType: {"type": "boolean"},
    shapes.IntType: {"type": "integer"},
    shapes.FloatType: {"type": "number"},
    shapes.DateTimeType: {"type": "string", "format": "date-time"},
}


class Schemas:
    """The components of one group version's document."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def add(self, resource: Resource, definition: Tree | None) -> None:
        """Describe the resource by its struct, its definition, or as any object."""
        kind = BY_KIND.get(resource.kind)
        own = _defined(definition, resource.version) if definition else {}
        if own:
            schema = dict(own)
        elif kind is not None and resource.api_version == kind.API_VERSION:
            schema = self._fields(kind) | {"description": _described(kind)}
        else:
            schema = {"type": "object", "properties": {}}
        head = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
        head["metadata"] = self._of(shapes.type_info(Meta))
        gvk = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        self.components[f"{resource.api_version}.{resource.kind}".replace("/", ".")] = schema | {
            "description": text(schema, "description") or INCOMPLETE,
            "properties": head | without(mapping(schema.get("properties")), head),
            "x-kubernetes-group-version-kind": [gvk],
        }

    def _fields(self, struct: type) -> Schema:
        info = shapes.type_info(struct)
        assert isinstance(info, shapes.StructType)  # noqa: S101 (every kind is one)
        return {
            "type": "object",
            "description": INCOMPLETE,
            "properties": {f.encode_name: self._of(f.type) for f in info.fields},
        }

    def _of(self, shape: shapes.Type) -> Schema:
        """The schema of one field's type."""
        if isinstance(shape, shapes.StructType):
            return self._reference(shape.cls)
        if isinstance(shape, shapes.VarTupleType | shapes.ListType):
            return {"type": "array", "items": self._of(shape.item_type)}
        if isinstance(shape, shapes.DictType):
            return {"type": "object", "additionalProperties": self._of(shape.value_type)}
        if isinstance(shape, shapes.UnionType):
            some = [t for t in shape.types if not isinstance(t, shapes.NoneType)]
            return self._of(some[0]) if len(some) == 1 else {"type": "string"}  # a quantity, a port
        return _SCALARS.get(type(shape), {"type": "object"})

    def _reference(self, struct: type) -> Schema:
        name = f"workbench.{struct.__name__}"
        if name not in self.components:
            self.components[name] = {}  # a struct may hold itself
            self.components[name] = self._fields(struct)
        reference = {"allOf": [{"$ref": f"#/components/schemas/{name}"}]}
        return {"description": about} | reference if (about := _about(struct)) else reference


def without(properties: Schema, others: Iterable[str]) -> Schema:
    """The properties that are not among the others."""
    return {name: schema for name, schema in properties.items() if name not in set(others)}


def _defined(definition: Tree, version: str) -> Schema:
    """The schema in a CustomResourceDefinition."""
    for one in mappings(at(definition, "spec", "versions")):
        if one.get("name") == version:
            return mapping(at(one, "schema", "openAPIV3Schema"))
    return {}


def _described(kind: type) -> str:
    return f"{_about(kind)}\n{INCOMPLETE}".lstrip()


def _about(struct: type) -> str:
    """The first line of the struct's own docstring; "" when it has none."""
    return inspect.cleandoc(vars(struct).get("__doc__") or "").partition("\n")[0]
