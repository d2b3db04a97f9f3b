"""Pods: what was asked of the kubelet (spec) and what it says happened (status)."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.objects.meta import (
    AnnotatedMeta,
    Condition,
    IntOrString,
    KubeObject,
    LabelSelector,
    LocalReference,
    Part,
    Quantity,
    Requirement,
    Time,
)
from workbench.core.objects.words import Word


class KeyReference(Part):
    """configMapKeyRef / secretKeyRef: one key of a ConfigMap or Secret."""

    name: str = ""
    key: str = ""
    optional: bool = False


class EnvValueFrom(Part):
    config_map_key_ref: KeyReference | None = None
    secret_key_ref: KeyReference | None = None


class EnvVar(Part):
    name: str = ""
    value: str = ""
    value_from: EnvValueFrom | None = None


class EnvFrom(Part):
    config_map_ref: KeyReference | None = None
    secret_ref: KeyReference | None = None


class ContainerPort(Part):
    name: Word = ""
    container_port: int = 0
    protocol: Word = "TCP"
    host_port: int = 0
    host_ip: str = msgspec.field(name="hostIP", default="")


class Resources(Part):
    limits: dict[str, Quantity] = {}
    requests: dict[str, Quantity] = {}


class HttpGet(Part):
    path: str = ""
    port: IntOrString = ""
    scheme: Word = "HTTP"
    host: str = ""


class TcpSocket(Part):
    port: IntOrString = ""


class GrpcCheck(Part):
    port: int = 0
    service: str = ""


class ExecCommand(Part):
    command: tuple[str, ...] = ()


class Probe(Part):
    """A liveness, readiness or startup probe; times in seconds, API defaults."""

    http_get: HttpGet | None = None
    tcp_socket: TcpSocket | None = None
    grpc: GrpcCheck | None = None
    exec_: ExecCommand | None = msgspec.field(name="exec", default=None)
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    timeout_seconds: int = 1
    failure_threshold: int = 3
    success_threshold: int = 1


class SleepAction(Part):
    seconds: int = 0


class Hook(Part):
    exec_: ExecCommand | None = msgspec.field(name="exec", default=None)
    sleep: SleepAction | None = None


class Lifecycle(Part):
    pre_stop: Hook | None = None


class VolumeMount(Part):
    """Without the volume's name, by which alone the mounts of replicas' tokens differ."""

    sub_path: str = ""


class SecurityContext(Part):
    privileged: bool = False


class Container(Part):
    name: str = ""
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    restart_policy: Word = ""
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFrom, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    resources: Resources = Resources()
    volume_mounts: tuple[VolumeMount, ...] = ()
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    security_context: SecurityContext | None = None


class KeyToPath(Part):
    key: str = ""
    path: str = ""


class ConfigMapVolume(Part):
    name: str = ""
    optional: bool = False
    items: tuple[KeyToPath, ...] = ()


class SecretVolume(Part):
    secret_name: str = ""
    name: str = ""
    optional: bool = False
    items: tuple[KeyToPath, ...] = ()


class ClaimVolume(Part):
    claim_name: str = ""
    read_only: bool = False


class HostPathVolume(Part):
    path: str = ""
    type: str = ""


class EmptyDirVolume(Part):
    medium: str = ""
    size_limit: Quantity | None = None


class ProjectedSource(Part):
    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None


class ProjectedVolume(Part):
    sources: tuple[ProjectedSource, ...] = ()


class CsiVolume(Part):
    driver: str = ""
    volume_handle: str = ""


class NfsVolume(Part):
    server: str = ""
    path: str = ""


class EphemeralVolume(Part):
    pass


class Volume(Part):
    name: str = ""
    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None
    persistent_volume_claim: ClaimVolume | None = None
    host_path: HostPathVolume | None = None
    empty_dir: EmptyDirVolume | None = None
    projected: ProjectedVolume | None = None
    csi: CsiVolume | None = None
    nfs: NfsVolume | None = None
    ephemeral: EphemeralVolume | None = None


class NodeSelectorTerm(Part):
    match_expressions: tuple[Requirement, ...] = ()
    match_fields: tuple[Requirement, ...] = ()


class NodeSelector(Part):
    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


class NodeAffinity(Part):
    required: NodeSelector | None = msgspec.field(
        name="requiredDuringSchedulingIgnoredDuringExecution", default=None
    )


class PodAffinityTerm(Part):
    label_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None
    topology_key: str = ""


class PodAffinity(Part):
    required: tuple[PodAffinityTerm, ...] = msgspec.field(
        name="requiredDuringSchedulingIgnoredDuringExecution", default=()
    )


class Affinity(Part):
    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAffinity | None = None


class Toleration(Part):
    key: Word = ""
    operator: Word = ""
    value: str = ""
    effect: Word = ""


class TopologySpread(Part):
    max_skew: int = 1
    topology_key: str = ""
    when_unsatisfiable: Word = "DoNotSchedule"
    label_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    min_domains: int = 1
    node_affinity_policy: str = "Honor"
    node_taints_policy: str = "Ignore"


class SchedulingGate(Part):
    name: str = ""


class PodSpec(Part):
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    node_name: str = ""
    node_selector: dict[str, str] = {}
    affinity: Affinity | None = None
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[TopologySpread, ...] = ()
    scheduling_gates: tuple[SchedulingGate, ...] = ()
    scheduler_name: Word = ""
    overhead: dict[str, Quantity] = {}
    security_context: dict[str, Any] = {}
    service_account_name: str = ""
    automount_service_account_token: bool | None = None
    priority_class_name: Word = ""
    runtime_class_name: str = ""
    image_pull_secrets: tuple[LocalReference, ...] = ()
    restart_policy: Word = "Always"
    termination_grace_period_seconds: int | None = None
    active_deadline_seconds: int | None = None
    host_network: bool = False
    host_pid: bool = msgspec.field(name="hostPID", default=False)
    dns_policy: Word = ""
    hostname: str = ""
    subdomain: str = ""


class Running(Part):
    started_at: Time | None = None


class Waiting(Part):
    reason: Word = ""
    message: str = ""


class Terminated(Part):
    exit_code: int = 0
    signal: int = 0
    reason: Word = ""
    message: str = ""
    started_at: Time | None = None
    finished_at: Time | None = None


class ContainerState(Part):
    running: Running | None = None
    waiting: Waiting | None = None
    terminated: Terminated | None = None


class ContainerStatus(Part):
    name: str = ""
    image: str = ""
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodIP(Part):
    ip: str = ""


class PodStatus(Part):
    phase: Word = ""
    reason: Word = ""
    message: str = ""
    nominated_node_name: str = ""
    pod_ip: str = msgspec.field(name="podIP", default="")
    host_ip: str = msgspec.field(name="hostIP", default="")
    start_time: Time | None = None
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    qos_class: Word = ""


class Pod(KubeObject):
    KIND = "Pod"
    PLURAL = "pods"
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class PodTemplate(Part):
    metadata: AnnotatedMeta = AnnotatedMeta()
    spec: PodSpec = PodSpec()
