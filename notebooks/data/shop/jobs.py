"""CronJobs and their runs."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta

from shop import identity
from shop.apps import App, service_account, template
from shop.cluster import Cluster, Object
from shop.objects import make
from shop.pods import finished, pod
from shop.timeline import after, stamp


def cron_job(cluster: Cluster, app: App, schedule: str, *, backoff_limit: int = 2) -> Object:
    """The CronJob; its Jobs are made one by one with ``job``."""
    cut = template(app, app.revisions[-1].tag)
    cut["spec"]["restartPolicy"] = "Never"
    service_account(cluster, app)
    return cluster.add(
        make(
            "batch/v1", "CronJob", app.namespace, app.name, app.created,
            labels=app.all_labels, generation=1,
            spec={
                "concurrencyPolicy": "Forbid",
                "failedJobsHistoryLimit": 1,
                "jobTemplate": {
                    "metadata": {},
                    "spec": {"backoffLimit": backoff_limit, "template": cut},
                },
                "schedule": schedule,
                "successfulJobsHistoryLimit": 3,
                "suspend": False,
            },
            status={},
        )
    )  # fmt: skip


def job(
    cluster: Cluster, parent: Object, at: datetime, node: str, *, seconds: int, failures: int = 0
) -> tuple[Object, list[Object]]:
    """One run of a CronJob: with ``failures``, that many pods that failed; else one that did not.

    The Job controller waits 10 s before the first retry and doubles that.
    """
    meta = parent["metadata"]
    name = f"{meta['name']}-{int(at.timestamp()) // 60}"
    made = make(
        "batch/v1", "Job", meta["namespace"], name, at, owner=parent, generation=1,
        annotations={"batch.kubernetes.io/cronjob-scheduled-timestamp": stamp(at)},
    )  # fmt: skip
    uid = made["metadata"]["uid"]
    labels = {
        "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name,
        "controller-uid": uid, "job-name": name,
    }  # fmt: skip
    cut = deepcopy(parent["spec"]["jobTemplate"]["spec"]["template"])
    cut["metadata"]["labels"] |= labels
    made["metadata"]["labels"] = labels
    made["spec"] = {
        "backoffLimit": parent["spec"]["jobTemplate"]["spec"]["backoffLimit"],
        "completionMode": "NonIndexed", "completions": 1, "manualSelector": False,
        "parallelism": 1, "podReplacementPolicy": "TerminatingOrFailed",
        "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}},
        "suspend": False, "template": cut,
    }  # fmt: skip
    cluster.add(made)
    pods, start = [], at
    for attempt in range(failures or 1):
        run = pod(cluster, cut, made, f"{name}-{identity.suffix(5, name, attempt)}", node, start)
        run["metadata"]["generateName"] = f"{name}-"
        ended = after(start, 2 + seconds)
        finished(run, after(start, 2), ended, 1 if failures else 0)
        pods.append(run)
        start = ended + timedelta(seconds=10 * 2**attempt)
    _end_job(made, parent, at, after(ended, 2), failures)
    return made, pods


def _end_job(
    job: Object, parent: Object, started: datetime, ended: datetime, failures: int
) -> None:
    if failures:
        types, reason = ("FailureTarget", "Failed"), "BackoffLimitExceeded"
        message = "Job has reached the specified backoff limit"
    else:
        types, reason = ("SuccessCriteriaMet", "Complete"), "CompletionsReached"
        message = "Reached expected number of succeeded pods"
        parent["status"]["lastSuccessfulTime"] = stamp(ended)
    parent["status"]["lastScheduleTime"] = stamp(started)
    outcome = {"succeeded": 1, "completionTime": stamp(ended)}
    job["status"] = {
        "conditions": [
            {
                "lastProbeTime": stamp(ended), "lastTransitionTime": stamp(ended),
                "message": message, "reason": reason, "status": "True", "type": type_,
            }
            for type_ in types
        ],
        "ready": 0,
        "startTime": stamp(started),
        "terminating": 0,
        "uncountedTerminatedPods": {},
    } | ({"failed": failures} if failures else outcome)  # fmt: skip
