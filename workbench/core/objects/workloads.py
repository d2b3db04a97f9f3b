"""Controllers that make pods: apps/v1, batch/v1, autoscaling/v2 and disruption budgets."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.objects.meta import (
    AnnotatedMeta,
    Condition,
    IntOrString,
    KubeObject,
    LabelSelector,
    Part,
    Quantity,
    Time,
    TypedReference,
    WrittenMeta,
)
from workbench.core.objects.pods import PodTemplate
from workbench.core.objects.storage import PersistentVolumeClaim
from workbench.core.objects.words import Word


class RollingUpdate(Part):
    max_unavailable: IntOrString | None = None
    max_surge: IntOrString | None = None
    partition: int = 0


class Strategy(Part):
    type: Word = ""
    rolling_update: RollingUpdate | None = None


class DeploymentSpec(Part):
    replicas: int = 1
    selector: LabelSelector | None = None
    template: PodTemplate = PodTemplate()
    strategy: Strategy = Strategy()
    paused: bool = False
    progress_deadline_seconds: int = 600
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None


class ReplicaStatus(Part):
    """status of a Deployment, ReplicaSet, ReplicationController or StatefulSet."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    updated_replicas: int = 0
    current_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    conditions: tuple[Condition, ...] = ()


class Deployment(KubeObject):
    KIND = "Deployment"
    API_VERSION = "apps/v1"
    PLURAL = "deployments"
    metadata: WrittenMeta = WrittenMeta()
    spec: DeploymentSpec = DeploymentSpec()
    status: ReplicaStatus = ReplicaStatus()


class ReplicaSetSpec(Part):
    replicas: int = 1
    selector: LabelSelector | None = None
    template: PodTemplate = PodTemplate()


class ReplicaSet(KubeObject):
    KIND = "ReplicaSet"
    API_VERSION = "apps/v1"
    PLURAL = "replicasets"
    metadata: AnnotatedMeta = AnnotatedMeta()
    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaStatus = ReplicaStatus()


class ReplicationControllerSpec(Part):
    replicas: int = 1
    selector: dict[str, str] = {}
    template: PodTemplate = PodTemplate()


class ReplicationController(KubeObject):
    KIND = "ReplicationController"
    PLURAL = "replicationcontrollers"
    spec: ReplicationControllerSpec = ReplicationControllerSpec()
    status: ReplicaStatus = ReplicaStatus()


class StatefulSetSpec(Part):
    replicas: int = 1
    selector: LabelSelector | None = None
    service_name: str = ""
    template: PodTemplate = PodTemplate()
    volume_claim_templates: tuple[PersistentVolumeClaim, ...] = ()
    pod_management_policy: str = ""
    update_strategy: Strategy = Strategy()


class StatefulSet(KubeObject):
    KIND = "StatefulSet"
    API_VERSION = "apps/v1"
    PLURAL = "statefulsets"
    metadata: WrittenMeta = WrittenMeta()
    spec: StatefulSetSpec = StatefulSetSpec()
    status: ReplicaStatus = ReplicaStatus()


class DaemonSetSpec(Part):
    selector: LabelSelector | None = None
    template: PodTemplate = PodTemplate()
    update_strategy: Strategy = Strategy()


class DaemonSetStatus(Part):
    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_misscheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    number_unavailable: int = 0
    updated_number_scheduled: int = 0
    conditions: tuple[Condition, ...] = ()


class DaemonSet(KubeObject):
    KIND = "DaemonSet"
    API_VERSION = "apps/v1"
    PLURAL = "daemonsets"
    metadata: WrittenMeta = WrittenMeta()
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()


class JobSpec(Part):
    parallelism: int | None = None
    completions: int | None = None
    backoff_limit: int = 6
    active_deadline_seconds: int | None = None
    suspend: bool = False
    selector: LabelSelector | None = None
    template: PodTemplate = PodTemplate()
    ttl_seconds_after_finished: int | None = None


class JobStatus(Part):
    active: int = 0
    ready: int = 0
    succeeded: int = 0
    failed: int = 0
    start_time: Time | None = None
    completion_time: Time | None = None
    conditions: tuple[Condition, ...] = ()


class Job(KubeObject):
    KIND = "Job"
    API_VERSION = "batch/v1"
    PLURAL = "jobs"
    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()


class JobTemplate(Part):
    spec: JobSpec = JobSpec()


class CronJobSpec(Part):
    schedule: str = ""
    time_zone: str = ""
    suspend: bool = False
    concurrency_policy: str = ""
    starting_deadline_seconds: int | None = None
    successful_jobs_history_limit: int | None = None
    failed_jobs_history_limit: int | None = None
    job_template: JobTemplate = JobTemplate()


class CronJobStatus(Part):
    active: tuple[TypedReference, ...] = ()
    last_schedule_time: Time | None = None
    last_successful_time: Time | None = None


class CronJob(KubeObject):
    KIND = "CronJob"
    API_VERSION = "batch/v1"
    PLURAL = "cronjobs"
    metadata: WrittenMeta = WrittenMeta()
    spec: CronJobSpec = CronJobSpec()
    status: CronJobStatus = CronJobStatus()


class MetricTarget(Part):
    type: str = ""
    average_utilization: int | None = None
    average_value: Quantity | None = None
    value: Quantity | None = None


class ResourceMetric(Part):
    name: str = ""
    container: str = ""
    target: MetricTarget = MetricTarget()
    current: MetricTarget = MetricTarget()


class Metric(Part):
    """One spec.metrics[] or status.currentMetrics[] entry of a HorizontalPodAutoscaler."""

    type: str = ""
    resource: ResourceMetric | None = None
    container_resource: ResourceMetric | None = None
    pods: dict[str, Any] | None = None
    object: dict[str, Any] | None = None
    external: dict[str, Any] | None = None


class HpaSpec(Part):
    scale_target_ref: TypedReference = TypedReference()
    min_replicas: int | None = None
    max_replicas: int = 0
    metrics: tuple[Metric, ...] = ()
    target_cpu: int | None = msgspec.field(name="targetCPUUtilizationPercentage", default=None)


class HpaStatus(Part):
    current_replicas: int = 0
    desired_replicas: int = 0
    last_scale_time: Time | None = None
    conditions: tuple[Condition, ...] = ()
    current_metrics: tuple[Metric, ...] = ()


class HorizontalPodAutoscaler(KubeObject):
    KIND = "HorizontalPodAutoscaler"
    API_VERSION = "autoscaling/v2"
    PLURAL = "horizontalpodautoscalers"
    metadata: WrittenMeta = WrittenMeta()
    spec: HpaSpec = HpaSpec()
    status: HpaStatus = HpaStatus()


class PdbSpec(Part):
    min_available: IntOrString | None = None
    max_unavailable: IntOrString | None = None
    selector: LabelSelector | None = None


class PdbStatus(Part):
    current_healthy: int = 0
    desired_healthy: int = 0
    disruptions_allowed: int = 0
    expected_pods: int = 0
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()


class PodDisruptionBudget(KubeObject):
    KIND = "PodDisruptionBudget"
    API_VERSION = "policy/v1"
    PLURAL = "poddisruptionbudgets"
    spec: PdbSpec = PdbSpec()
    status: PdbStatus = PdbStatus()
