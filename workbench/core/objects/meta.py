"""What every Kubernetes object carries, and the decoding rules shared by all of them.

Only the fields that somebody reads are declared; msgspec drops the rest while it parses, which is
what keeps a 10,000-pod cluster cheap to hold. Add a field here when an analyzer needs it, and
nowhere else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, dataclass_transform

import msgspec

from workbench.core.objects.words import Word

Time = datetime
Quantity = str | int | float
IntOrString = int | str


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """A piece of a Kubernetes object. Field names are the API's, in snake case.

    ``gc=False`` is safe because decoded objects are trees: they never refer back to a parent.
    """


class OwnerReference(Part):
    """metadata.ownerReferences[]: who made the object and collects it when gone."""

    api_version: Word = ""
    kind: Word = ""
    name: str = ""
    uid: str = ""
    controller: bool = False


class Meta(Part):
    """metadata: identity, labels, owners and the times that say what changed when."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] = {}
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()


class ManagedFields(Part):
    """metadata.managedFields[]: who wrote to the object last, and when."""

    manager: Word = ""
    time: Time | None = None
    subresource: Word = ""


class WrittenMeta(Meta):
    """metadata of the kinds of which it matters when they were last written to."""

    managed_fields: tuple[ManagedFields, ...] = ()


class AnnotatedMeta(WrittenMeta):
    """metadata of the kinds whose annotations mean something to the workbench. Elsewhere they are
    skipped: they are large (kubectl keeps whole objects in them) and nobody reads them."""

    annotations: dict[str, str] = {}


class Condition(Part):
    """status.conditions[] of any object that has them (also Pod and Node conditions)."""

    type: Word = ""
    status: Word = ""
    reason: Word = ""
    message: str = ""
    last_transition_time: Time | None = None
    last_update_time: Time | None = None
    last_heartbeat_time: Time | None = None
    observed_generation: int = 0


class LocalReference(Part):
    """A name in the same namespace, such as spec.imagePullSecrets[]."""

    name: str = ""


class TypedReference(Part):
    """A reference that may name a kind and a namespace (scaleTargetRef, dataSource, roleRef …)."""

    api_version: Word = ""
    api_group: Word = ""
    group: str = ""
    kind: Word = ""
    name: str = ""
    namespace: str = ""
    port: int | None = None


class Requirement(Part):
    """One matchExpressions[] entry of a label selector or of a node selector term."""

    key: str = ""
    operator: Word = ""
    values: tuple[str, ...] = ()


class LabelSelector(Part):
    """metav1.LabelSelector. An empty one matches everything; an absent one nothing."""

    match_labels: dict[str, str] = {}
    match_expressions: tuple[Requirement, ...] = ()

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether ``labels`` satisfy every term (Kubernetes API conventions, label selectors)."""
        return all(labels.get(k) == v for k, v in self.match_labels.items()) and all(
            _meets(term, labels) for term in self.match_expressions
        )

    def __str__(self) -> str:
        terms = [f"{k}={v}" for k, v in self.match_labels.items()]
        terms += [
            f"{e.key} {e.operator} ({', '.join(e.values)})" if e.values else f"{e.operator} {e.key}"
            for e in self.match_expressions
        ]
        return ", ".join(terms) or "<everything>"


def _meets(term: Requirement, labels: dict[str, str]) -> bool:
    match term.operator:
        case "In":
            return labels.get(term.key) in term.values
        case "NotIn":
            return labels.get(term.key) not in term.values
        case "Exists":
            return term.key in labels
        case "DoesNotExist":
            return term.key not in labels
    return False


class KubeObject(Part):
    """Anything with metadata. ``KIND`` and friends say where the API serves it."""

    KIND: ClassVar[str] = ""
    API_VERSION: ClassVar[str] = "v1"
    PLURAL: ClassVar[str] = ""
    NAMESPACED: ClassVar[bool] = True

    metadata: Meta = Meta()

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """The namespace, or "" for cluster-scoped kinds."""
        return self.metadata.namespace

    @property
    def labels(self) -> dict[str, str]:
        return self.metadata.labels

    @property
    def kind(self) -> str:
        return self.KIND

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations; none for the kinds whose annotations are skipped."""
        return self.metadata.annotations if isinstance(self.metadata, AnnotatedMeta) else {}

    @property
    def writes(self) -> tuple[ManagedFields, ...]:
        """Each manager's last write to it; none for the kinds where they are skipped."""
        return self.metadata.managed_fields if isinstance(self.metadata, WrittenMeta) else ()


class ConditionedStatus(Part):
    """The part of a custom resource's status that many kinds share: its conditions, and the words
    that operators use for their state where they have no conditions."""

    conditions: tuple[Condition, ...] = ()
    phase: Any = None
    state: Any = None
    health: Any = None
    connection_state: Any = None
    not_after: Any = None
    renewal_time: Any = None
    reason: Any = None


class Custom(KubeObject):
    """An object of a kind without a struct of its own: identity, owners, conditions, and its spec
    as it is (for what it makes, such as a Certificate's ``secretName``)."""

    api_version: str = ""
    kind_: str = msgspec.field(name="kind", default="")
    spec: Any = None
    status: ConditionedStatus = ConditionedStatus()

    @property
    def kind(self) -> str:
        return self.kind_


def condition(conditions: tuple[Condition, ...], type_: str) -> Condition | None:
    """The condition of that type, or None when the object does not report it."""
    for one in conditions:
        if one.type == type_:
            return one
    return None
