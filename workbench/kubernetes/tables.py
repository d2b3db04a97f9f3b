"""One stable table per kind: namespace and name first, then what ``kubectl get -o wide`` shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from workbench.core.duration import age
from workbench.core.objects import BY_KIND, Event, KubeObject
from workbench.kubernetes import cells
from workbench.kubernetes.columns import Column, Field, aged, count, flag, number, text, time
from workbench.kubernetes.pod_status import last_restart, restarts, status_word


def columns(kind: str) -> tuple[Column, ...]:
    """The columns of a kind's table; the same whatever is in it."""
    return tuple(field.column for field in _fields(kind))


def rows(
    kind: str, objects: Iterable[KubeObject], now: datetime
) -> tuple[tuple[Column, ...], list[dict[str, Any]]]:
    """The columns of the kind and one row an object, cells typed as their columns say.

    now: the time that ages are counted to.
    """
    fields = _fields(kind)
    found = [{f.column.name: f.read(obj, now) for f in fields} for obj in objects]
    return tuple(f.column for f in fields), found


def _fields(kind: str) -> tuple[Field, ...]:
    known = BY_KIND.get(kind)
    where = () if known is not None and not known.NAMESPACED else (NAMESPACE,)
    if kind == Event.KIND:
        return (NAMESPACE, *FIELDS[kind])
    return (*where, NAME, *FIELDS.get(kind, GENERIC), AGE, CREATED)


NAMESPACE = text("namespace", lambda o: o.namespace or None)
NAME = text("name", lambda o: o.name)
AGE = aged("age", lambda o, now: age(o.metadata.creation_timestamp, now))
CREATED = time("created", lambda o: o.metadata.creation_timestamp)


GENERIC = (
    text("ready", lambda o: cells.status_of(o.status.conditions, "Ready")),
    text("reason", lambda o: cells.reason_of(o.status.conditions, "Ready")),
)
REPLICAS = (
    count("desired", lambda o: o.spec.replicas),
    count("ready", lambda o: o.status.ready_replicas),
)
TEMPLATE = (
    text("containers", lambda o: ",".join(c.name for c in o.spec.template.spec.containers)),
    text("images", lambda o: cells.images(o.spec.template.spec)),
)
SELECTED = text("selector", lambda o: cells.selector(o.spec.selector))
ROLE_REF = (
    text("role", lambda o: f"{o.role_ref.kind}/{o.role_ref.name}"),
    text("subjects", lambda o: ",".join(f"{s.kind}/{s.name}" for s in o.subjects) or None),
)
WEBHOOKS = (
    count("webhooks", lambda o: len(o.webhooks)),
    text("failure_policy", lambda o: ",".join(sorted({w.failure_policy for w in o.webhooks}))),
)

FIELDS: dict[str, tuple[Field, ...]] = {
    "Pod": (
        text("ready", cells.ready),
        text("status", status_word),
        count("restarts", restarts),
        time("last_restart", last_restart),
        text("node", lambda o: o.spec.node_name or None),
        text("ip", lambda o: o.status.pod_ip or None),
        text("qos", lambda o: o.status.qos_class or None),
        text(
            "owner",
            lambda o: next(
                (f"{r.kind}/{r.name}" for r in o.metadata.owner_references if r.controller), None
            ),
        ),
        text("images", lambda o: cells.images(o.spec)),
    ),
    "Event": (
        time("last_seen", lambda o: o.last_seen),
        text("type", lambda o: o.type),
        text("reason", lambda o: o.reason),
        text("object", lambda o: f"{o.involved_object.kind}/{o.involved_object.name}"),
        count("count", lambda o: o.times),
        text("message", lambda o: o.message),
        text("source", lambda o: o.source.component or o.reporting_component or None),
        time("first_seen", lambda o: o.first_seen),
        NAME,
    ),
    "Node": (
        text("status", cells.node_status),
        text("roles", cells.roles),
        text("version", lambda o: o.status.node_info.kubelet_version),
        text("pressure", cells.pressures),
        text("taints", lambda o: ",".join(f"{t.key}:{t.effect}" for t in o.spec.taints) or None),
        number("cpu", lambda o: cells.quantity(o.status.allocatable, "cpu")),
        number("memory", lambda o: cells.quantity(o.status.allocatable, "memory")),
        number("pods", lambda o: cells.quantity(o.status.allocatable, "pods")),
        text("os_image", lambda o: o.status.node_info.os_image),
        text("kernel", lambda o: o.status.node_info.kernel_version),
        text("runtime", lambda o: o.status.node_info.container_runtime_version),
    ),
    "Namespace": (text("status", lambda o: o.status.phase),),
    "Service": (
        text("type", lambda o: o.spec.type),
        text("cluster_ip", lambda o: o.spec.cluster_ip or None),
        text("external_ip", cells.external),
        text("ports", cells.service_ports),
        text("selector", lambda o: cells.labels(o.spec.selector)),
    ),
    "Endpoints": (
        count("ready", lambda o: sum(len(s.addresses) for s in o.subsets)),
        count("not_ready", lambda o: sum(len(s.not_ready_addresses) for s in o.subsets)),
        text("ports", lambda o: cells.ports([p for s in o.subsets for p in s.ports])),
    ),
    "EndpointSlice": (
        text("service", lambda o: o.labels.get("kubernetes.io/service-name")),
        text("address_type", lambda o: o.address_type),
        text("ports", lambda o: cells.ports(o.ports)),
        # An unset ready condition is to be read as true (EndpointConditions, API reference).
        count("ready", lambda o: sum(e.conditions.ready is not False for e in o.endpoints)),
        count("not_ready", lambda o: sum(e.conditions.ready is False for e in o.endpoints)),
    ),
    "ConfigMap": (
        count("keys", lambda o: len(o.data) + len(o.binary_data)),
        flag("immutable", lambda o: o.immutable),
    ),
    "Secret": (
        text("type", lambda o: o.type),
        count("keys", lambda o: len(o.data)),
        text("key_names", lambda o: ",".join(sorted(o.data)) or None),
    ),
    "ServiceAccount": (
        count("secrets", lambda o: len(o.secrets)),
        text("image_pull_secrets", lambda o: ",".join(s.name for s in o.image_pull_secrets)),
    ),
    "Deployment": (
        *REPLICAS,
        count("up_to_date", lambda o: o.status.updated_replicas),
        count("available", lambda o: o.status.available_replicas),
        *TEMPLATE,
        SELECTED,
    ),
    "ReplicaSet": (
        count("desired", lambda o: o.spec.replicas),
        count("current", lambda o: o.status.replicas),
        count("ready", lambda o: o.status.ready_replicas),
        text("revision", lambda o: o.metadata.annotations.get("deployment.kubernetes.io/revision")),
        *TEMPLATE,
        SELECTED,
    ),
    "StatefulSet": (*REPLICAS, *TEMPLATE, text("service", lambda o: o.spec.service_name or None)),
    "DaemonSet": (
        count("desired", lambda o: o.status.desired_number_scheduled),
        count("current", lambda o: o.status.current_number_scheduled),
        count("ready", lambda o: o.status.number_ready),
        count("up_to_date", lambda o: o.status.updated_number_scheduled),
        count("available", lambda o: o.status.number_available),
        text("node_selector", lambda o: cells.labels(o.spec.template.spec.node_selector)),
        *TEMPLATE,
        SELECTED,
    ),
    "ReplicationController": (
        count("desired", lambda o: o.spec.replicas),
        count("current", lambda o: o.status.replicas),
        count("ready", lambda o: o.status.ready_replicas),
        *TEMPLATE,
        text("selector", lambda o: cells.labels(o.spec.selector)),
    ),
    "Job": (
        text("status", cells.job_status),
        count("completions", lambda o: o.spec.completions),
        count("active", lambda o: o.status.active),
        count("succeeded", lambda o: o.status.succeeded),
        count("failed", lambda o: o.status.failed),
        time("started", lambda o: o.status.start_time),
        time("completed", lambda o: o.status.completion_time),
        *TEMPLATE,
    ),
    "CronJob": (
        text("schedule", lambda o: o.spec.schedule),
        text("timezone", lambda o: o.spec.time_zone or None),
        flag("suspend", lambda o: o.spec.suspend),
        count("active", lambda o: len(o.status.active)),
        time("last_schedule", lambda o: o.status.last_schedule_time),
        time("last_success", lambda o: o.status.last_successful_time),
        text("images", lambda o: cells.images(o.spec.job_template.spec.template.spec)),
    ),
    "HorizontalPodAutoscaler": (
        text(
            "reference", lambda o: f"{o.spec.scale_target_ref.kind}/{o.spec.scale_target_ref.name}"
        ),
        text("targets", cells.targets),
        count("min_pods", lambda o: o.spec.min_replicas or 1),
        count("max_pods", lambda o: o.spec.max_replicas),
        count("replicas", lambda o: o.status.current_replicas),
    ),
    "PodDisruptionBudget": (
        text("min_available", lambda o: cells.or_none(o.spec.min_available)),
        text("max_unavailable", lambda o: cells.or_none(o.spec.max_unavailable)),
        count("allowed_disruptions", lambda o: o.status.disruptions_allowed),
        count("healthy", lambda o: o.status.current_healthy),
        SELECTED,
    ),
    "PersistentVolumeClaim": (
        text("status", lambda o: o.status.phase),
        text("volume", lambda o: o.spec.volume_name or None),
        number("capacity", lambda o: cells.quantity(o.status.capacity, "storage")),
        number("requested", lambda o: cells.quantity(o.spec.resources.requests, "storage")),
        text("access_modes", lambda o: ",".join(o.spec.access_modes)),
        text("storage_class", lambda o: o.spec.storage_class_name),
    ),
    "PersistentVolume": (
        text("status", lambda o: o.status.phase),
        number("capacity", lambda o: cells.quantity(o.spec.capacity, "storage")),
        text("access_modes", lambda o: ",".join(o.spec.access_modes)),
        text("reclaim_policy", lambda o: o.spec.persistent_volume_reclaim_policy),
        text(
            "claim",
            lambda o: (
                f"{o.spec.claim_ref.namespace}/{o.spec.claim_ref.name}"
                if o.spec.claim_ref
                else None
            ),
        ),
        text("storage_class", lambda o: o.spec.storage_class_name or None),
        text("reason", lambda o: o.status.reason or None),
    ),
    "StorageClass": (
        text("provisioner", lambda o: o.provisioner),
        text("reclaim_policy", lambda o: o.reclaim_policy),
        text("binding_mode", lambda o: o.volume_binding_mode),
        flag("expandable", lambda o: o.allow_volume_expansion),
        flag(
            "default",
            lambda o: (
                o.metadata.annotations.get("storageclass.kubernetes.io/is-default-class") == "true"
            ),
        ),
    ),
    "VolumeAttachment": (
        text("attacher", lambda o: o.spec.attacher),
        text("volume", lambda o: o.spec.source.persistent_volume_name or None),
        text("node", lambda o: o.spec.node_name),
        flag("attached", lambda o: o.status.attached),
        text("error", lambda o: o.status.attach_error.message if o.status.attach_error else None),
    ),
    "CSIDriver": (),
    "CSINode": (text("drivers", lambda o: ",".join(d.name for d in o.spec.drivers) or None),),
    "ResourceQuota": (
        text(
            "used",
            lambda o: ", ".join(
                f"{name}: {o.status.used.get(name, 0)}/{hard}"
                for name, hard in sorted(o.status.hard.items())
            ),
        ),
    ),
    "LimitRange": (text("types", lambda o: ",".join(i.type for i in o.spec.limits)),),
    "PriorityClass": (
        count("value", lambda o: o.value),
        flag("global_default", lambda o: o.global_default),
    ),
    "RuntimeClass": (text("handler", lambda o: o.handler),),
    "Ingress": (
        text("class", lambda o: o.spec.ingress_class_name),
        text("hosts", cells.hosts),
        text("address", lambda o: cells.load_balancer(o.status.load_balancer)),
        text("tls", lambda o: ",".join(t.secret_name for t in o.spec.tls) or None),
    ),
    "IngressClass": (text("controller", lambda o: o.spec.controller),),
    "NetworkPolicy": (
        text("pod_selector", lambda o: cells.selector(o.spec.pod_selector)),
        text("types", lambda o: ",".join(o.spec.policy_types)),
    ),
    "Role": (count("rules", lambda o: len(o.rules)),),
    "ClusterRole": (count("rules", lambda o: len(o.rules)),),
    "RoleBinding": ROLE_REF,
    "ClusterRoleBinding": ROLE_REF,
    "ValidatingWebhookConfiguration": WEBHOOKS,
    "MutatingWebhookConfiguration": WEBHOOKS,
    "APIService": (
        text(
            "service",
            lambda o: (
                f"{o.spec.service.namespace}/{o.spec.service.name}" if o.spec.service else None
            ),
        ),
        text("available", lambda o: cells.status_of(o.status.conditions, "Available")),
        text("reason", lambda o: cells.reason_of(o.status.conditions, "Available")),
    ),
    "CustomResourceDefinition": (
        text("group", lambda o: o.spec.group),
        text("kind", lambda o: o.spec.names.kind),
        text("scope", lambda o: o.spec.scope),
        text("versions", lambda o: ",".join(v.name for v in o.spec.versions if v.served)),
        text("established", lambda o: cells.status_of(o.status.conditions, "Established")),
    ),
    "GatewayClass": (
        text("controller", lambda o: o.spec.controller_name),
        text("accepted", lambda o: cells.status_of(o.status.conditions, "Accepted")),
    ),
    "Gateway": (
        text("class", lambda o: o.spec.gateway_class_name),
        text("programmed", lambda o: cells.status_of(o.status.conditions, "Programmed")),
        count("listeners", lambda o: len(o.spec.listeners)),
    ),
    "HTTPRoute": (
        text("hostnames", lambda o: ",".join(o.spec.hostnames) or None),
        text("parents", lambda o: ",".join(p.name for p in o.spec.parent_refs)),
    ),
}
