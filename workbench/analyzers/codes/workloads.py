"""Codes about what makes pods: rollouts, jobs, quota, autoscalers and disruption budgets."""

from __future__ import annotations

from workbench.analyzers.codes.entry import Entry
from workbench.core.findings import Severity

_DESCRIBE = "kubectl describe {kind} {name} -n {namespace}"

CODES: dict[str, Entry] = {
    "ROLLOUT_STUCK": Entry(
        "Rollout does not finish",
        meaning="The Deployment made no progress within progressDeadlineSeconds (10 min by "
        "default): the new pods do not become available. The old ones usually still serve.",
        next_steps=(
            "kubectl rollout status deployment/{name} -n {namespace}",
            "kubectl rollout undo deployment/{name} -n {namespace} --to-revision={previous}",
            _DESCRIBE,
        ),
        explained_by=("same", "owned", "related"),
        runbook="stuck-rollout",
    ),
    "WORKLOAD_UNAVAILABLE": Entry(
        "Workload has no available replica",
        meaning="Replicas are wanted and none is available.",
        next_steps=(_DESCRIBE, "kubectl get pods -n {namespace}"),
        explained_by=("same", "owned", "related"),
        runbook="stuck-rollout",
    ),
    "WORKLOAD_DEGRADED": Entry(
        "Workload has fewer replicas than wanted",
        Severity.WARNING,
        "Some replicas are available and some are not.",
        (_DESCRIBE, "kubectl get pods -n {namespace}"),
        ("same", "owned", "related"),
        runbook="stuck-rollout",
    ),
    "ROLLOUT_PAUSED": Entry(
        "Rollout is paused half-way",
        Severity.WARNING,
        "spec.paused is set while the pods are not all of the newest revision.",
        ("kubectl rollout resume deployment/{name} -n {namespace}",),
        runbook="stuck-rollout",
    ),
    "ROLLOUT_HELD_BACK": Entry(
        "Rollout is held back by its update strategy",
        Severity.INFO,
        "The StatefulSet has a newer revision, and its partition (or OnDelete) keeps some pods on "
        "the old one.",
        (_DESCRIBE, "kubectl rollout status {kind}/{name} -n {namespace}"),
        runbook="stuck-rollout",
    ),
    "WORKLOAD_NOT_OBSERVED": Entry(
        "Controller has not seen the newest change",
        Severity.WARNING,
        "metadata.generation is ahead of status.observedGeneration: the controller manager is "
        "behind or not running.",
        ("kubectl get pods -n kube-system -l component=kube-controller-manager",),
        explained_by=("control",),
        runbook="stuck-rollout",
    ),
    "PODS_NOT_CREATED": Entry(
        "Pods cannot be created",
        meaning="The controller asks the API server for pods and is refused; the message says why.",
        next_steps=(
            _DESCRIBE,
            "kubectl get events -n {namespace} --field-selector reason=FailedCreate",
        ),
        explained_by=("related", "same"),
        runbook="quota-and-admission",
    ),
    "QUOTA_EXCEEDED": Entry(
        "Quota does not allow more pods",
        meaning="Creating the pod would exceed a ResourceQuota of the namespace. Other pods there "
        "use it up, the pod asks for too much, or the quota demands requests and limits that the "
        "pod does not declare.",
        next_steps=(
            "kubectl describe resourcequota {quota} -n {namespace}",
            "Raise the quota, lower the requests, or scale something else in {namespace} down",
        ),
        runbook="quota-and-admission",
    ),
    "LIMIT_RANGE_VIOLATED": Entry(
        "LimitRange forbids the pod",
        meaning="The container's requests or limits are outside of what a LimitRange of the "
        "namespace allows.",
        next_steps=("kubectl describe limitrange -n {namespace}", _DESCRIBE),
        runbook="quota-and-admission",
    ),
    "POD_SECURITY_VIOLATED": Entry(
        "Pod Security admission forbids the pod",
        meaning="The namespace enforces a Pod Security Standard that the pod's security context "
        "does not meet.",
        next_steps=(
            "kubectl get namespace {namespace} --show-labels",
            "Change the securityContext as the message says",
        ),
        runbook="quota-and-admission",
    ),
    "ADMISSION_DENIED": Entry(
        "Admission webhook or policy refuses the pod",
        meaning="A validating webhook or policy answered no. The message is the policy's own.",
        next_steps=(_DESCRIBE, "kubectl get validatingwebhookconfigurations"),
        runbook="quota-and-admission",
    ),
    "WEBHOOK_CALL_FAILED": Entry(
        "Admission webhook cannot be called",
        meaning="The API server could not call a webhook whose failurePolicy is Fail, so it "
        "refuses what the webhook should have seen.",
        next_steps=(
            "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
            _DESCRIBE,
        ),
        explained_by=("related",),
        runbook="quota-and-admission",
    ),
    "STATEFUL_SET_SERVICE_MISSING": Entry(
        "StatefulSet's governing Service does not exist",
        Severity.WARNING,
        "spec.serviceName names a Service that does not exist, so the pods get no stable DNS "
        "names.",
        ("kubectl get services -n {namespace}", _DESCRIBE),
        runbook="stuck-rollout",
    ),
    "WORKLOAD_SCALED_TO_ZERO": Entry(
        "Workload is scaled to zero",
        Severity.INFO,
        "spec.replicas is 0: no pods are wanted.",
        ("kubectl scale {kind}/{name} -n {namespace} --replicas=1",),
        runbook="service-without-endpoints",
    ),
    "JOB_FAILED": Entry(
        "Job failed",
        meaning="The Job gave up: its pods failed more often than backoffLimit allows, or a "
        "failure policy ended it.",
        next_steps=("kubectl logs job/{name} -n {namespace} --tail=100", _DESCRIBE),
        explained_by=("owned", "calls", "related", "harms", "dns"),
        runbook="failing-job",
    ),
    "JOB_DEADLINE_EXCEEDED": Entry(
        "Job ran longer than allowed",
        meaning="The Job was active for longer than activeDeadlineSeconds and was ended.",
        next_steps=("kubectl logs job/{name} -n {namespace} --tail=100", _DESCRIBE),
        explained_by=("owned", "calls", "related"),
        runbook="failing-job",
    ),
    "JOB_FAILING": Entry(
        "Job's pods fail",
        Severity.WARNING,
        "Pods of the Job failed; it is still trying.",
        ("kubectl logs job/{name} -n {namespace} --tail=100", _DESCRIBE),
        ("owned", "calls", "related"),
        runbook="failing-job",
    ),
    "JOB_SUSPENDED": Entry(
        "Job is suspended",
        Severity.INFO,
        "spec.suspend is true: no pods are created until it is false.",
        ('kubectl patch job {name} -n {namespace} -p \'{"spec":{"suspend":false}}\'',),
        runbook="failing-job",
    ),
    "CRON_JOB_SCHEDULE_INVALID": Entry(
        "CronJob has an invalid schedule",
        meaning="The schedule or time zone cannot be parsed, so the CronJob never runs.",
        next_steps=("kubectl get cronjob {name} -n {namespace} -o jsonpath='{.spec.schedule}'",),
        runbook="failing-job",
    ),
    "CRON_JOB_SUSPENDED": Entry(
        "CronJob is suspended",
        Severity.INFO,
        "spec.suspend is true: no new Jobs are started.",
        ('kubectl patch cronjob {name} -n {namespace} -p \'{"spec":{"suspend":false}}\'',),
        runbook="failing-job",
    ),
    "CRON_JOB_MISSES_RUNS": Entry(
        "CronJob misses its runs",
        Severity.WARNING,
        "The CronJob controller says that start times were missed or that no Job can be started.",
        (_DESCRIBE,),
        ("owned",),
        runbook="failing-job",
    ),
    "CRON_JOB_PILES_UP": Entry(
        "CronJob's runs pile up",
        Severity.WARNING,
        "Its runs do not end, and with concurrencyPolicy Allow each time of the schedule starts "
        "another one. All of them hold their memory, their connections and their locks.",
        (
            "kubectl get jobs -n {namespace}",
            "kubectl logs -n {namespace} job/{newest} --tail=50",
            'kubectl patch cronjob {name} -n {namespace} -p \'{"spec":{"suspend":true}}\'',
        ),
        ("owned",),
        runbook="failing-job",
    ),
    "MIGRATION_UNDER_WAY": Entry(
        "Tables of a database are being changed",
        Severity.INFO,
        "A Job runs that changes tables or many of their rows. Until its transaction ends, the "
        "locks that it holds keep others from them.",
        ("kubectl logs -n {namespace} {pod} --tail=50",),
        runbook="failing-job",
    ),
    "WORKLOAD_SCALED_UP": Entry(
        "Workload was scaled up",
        Severity.INFO,
        "It got many more replicas within the last hours. Each opens its own connections: a "
        "database or another shared store may have none left for the others.",
        ("kubectl describe {kind} {name} -n {namespace}", "kubectl get hpa -n {namespace}"),
        runbook="autoscaler-not-scaling",
    ),
    "GRACE_TOO_SHORT": Entry(
        "Pods are killed before they can end in peace",
        Severity.INFO,
        "The kubelet kills a pod when terminationGracePeriodSeconds are over, preStop hook "
        "included. Until its endpoint is withdrawn everywhere, requests still come: each rollout "
        "and each drain breaks some.",
        ("kubectl get {kind} {name} -n {namespace} -o yaml",),
        runbook="stuck-rollout",
    ),
    "HPA_TARGET_MISSING": Entry(
        "Autoscaler's target does not exist",
        meaning="scaleTargetRef names an object that does not exist.",
        next_steps=(_DESCRIBE,),
        runbook="autoscaler-not-scaling",
    ),
    "HPA_TARGET_UNSCALABLE": Entry(
        "Autoscaler's target cannot be scaled",
        meaning="scaleTargetRef names nothing, or a kind without a scale subresource, such as a "
        "DaemonSet, a Job or a Pod.",
        next_steps=(_DESCRIBE, "Point spec.scaleTargetRef at a Deployment or StatefulSet"),
        runbook="autoscaler-not-scaling",
    ),
    "HPA_METRICS_UNAVAILABLE": Entry(
        "Autoscaler gets no metrics",
        Severity.WARNING,
        "The autoscaler cannot compute a replica count because a metric is missing: the metrics "
        "server is down, the pods are not ready yet, or a container declares no requests.",
        (_DESCRIBE, "kubectl get apiservice v1beta1.metrics.k8s.io"),
        ("same", "target", "related"),
        runbook="autoscaler-not-scaling",
    ),
    "HPA_UNABLE_TO_SCALE": Entry(
        "Autoscaler cannot scale its target",
        Severity.WARNING,
        "The autoscaler could not read or change its target's scale.",
        (_DESCRIBE,),
        ("same", "target", "related"),
        runbook="autoscaler-not-scaling",
    ),
    "HPA_AT_MAXIMUM": Entry(
        "Autoscaler wants more than its maximum",
        Severity.WARNING,
        "The metrics ask for more replicas than maxReplicas allows.",
        (_DESCRIBE, "Raise maxReplicas if the cluster has room"),
        ("target",),
        runbook="autoscaler-not-scaling",
    ),
    "HPA_AT_MINIMUM": Entry(
        "Autoscaler is held at its minimum",
        Severity.INFO,
        "The metrics ask for fewer replicas than minReplicas allows. This is usual at low load.",
        (_DESCRIBE,),
        runbook="autoscaler-not-scaling",
    ),
    "HPA_REQUESTS_MISSING": Entry(
        "Autoscaler needs resource requests that are not set",
        Severity.WARNING,
        "Utilization is a percentage of the request; containers without one make it unknown.",
        ("Set resources.requests on the containers of {target}",),
        runbook="autoscaler-not-scaling",
    ),
    "PDB_BLOCKS_EVICTION": Entry(
        "Disruption budget allows no eviction",
        Severity.WARNING,
        "No pod it covers may be evicted now, so node drains and upgrades wait.",
        ("kubectl describe pdb {name} -n {namespace}",),
        ("target",),
        runbook="stuck-rollout",
    ),
    "PDB_OVERLAPS": Entry(
        "Two disruption budgets cover the same pods",
        Severity.WARNING,
        "The eviction API answers with an error for a pod that more than one budget covers, so "
        "node drains and upgrades wait.",
        (
            "kubectl get pdb -n {namespace}",
            "Narrow the selectors, so that one budget covers each pod",
        ),
        runbook="stuck-rollout",
    ),
    "PDB_SELECTS_NOTHING": Entry(
        "Disruption budget covers no pods",
        Severity.INFO,
        "Its selector matches no pod in the namespace.",
        ("kubectl describe pdb {name} -n {namespace}",),
        runbook="stuck-rollout",
    ),
}
