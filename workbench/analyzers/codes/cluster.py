"""Codes about nodes, namespaces, admission, APIs, operators and hygiene."""

from __future__ import annotations

from workbench.analyzers.codes.entry import Entry
from workbench.core.findings import Severity

_DESCRIBE_NODE = "kubectl describe node {name}"

CODES: dict[str, Entry] = {
    "NODE_NOT_READY": Entry(
        "Node is not ready",
        Severity.CRITICAL,
        "The kubelet reports that it is not ready, or has stopped reporting (status Unknown): the "
        "machine is down, cut off, or its kubelet or container runtime has failed.",
        (_DESCRIBE_NODE, "On the node: systemctl status kubelet containerd"),
    ),
    "NODE_PRESSURE": Entry(
        "Node runs out of a resource",
        meaning="The node is low on memory, disk or process ids. It takes no new pods and evicts "
        "running ones.",
        next_steps=(
            _DESCRIBE_NODE,
            "kubectl top node {name}",
            "kubectl get pods -A --field-selector spec.nodeName={name}",
        ),
    ),
    "NODE_NETWORK_UNAVAILABLE": Entry(
        "Node's network is not set up",
        meaning="The network plugin or the cloud's route controller has not set up the node.",
        next_steps=(_DESCRIBE_NODE, "kubectl get pods -n kube-system -o wide"),
    ),
    "NODE_PROBLEM": Entry(
        "Node reports a problem",
        Severity.WARNING,
        "A problem detector on the node set a condition that should not be true.",
        (_DESCRIBE_NODE,),
    ),
    "NODE_CORDONED": Entry(
        "Node is cordoned",
        Severity.INFO,
        "The node is marked unschedulable, usually for maintenance.",
        ("kubectl uncordon {name}",),
    ),
    "NAMESPACE_STUCK_TERMINATING": Entry(
        "Namespace does not go away",
        Severity.WARNING,
        "The namespace is being deleted but something in it is not: finalizers, or an API that "
        "does not answer discovery.",
        (
            "kubectl get namespace {name} -o jsonpath='{.status.conditions}'",
            "kubectl api-resources --verbs=list --namespaced -o name",
        ),
        ("related",),
    ),
    "WEBHOOK_SERVICE_MISSING": Entry(
        "Webhook's Service does not exist",
        meaning="The API server calls a Service that does not exist. With failurePolicy Fail, "
        "every request it covers is refused.",
        next_steps=("kubectl get {kind} {name} -o yaml",),
    ),
    "WEBHOOK_UNAVAILABLE": Entry(
        "Webhook has no running pod",
        meaning="The Service behind the webhook has no running pod to answer.",
        next_steps=("kubectl get {kind} {name} -o yaml",),
        explained_by=("backend",),
    ),
    "API_SERVICE_UNAVAILABLE": Entry(
        "Aggregated API does not answer",
        meaning="An API that is served by a pod (metrics, custom metrics …) is not available; "
        "kubectl and controllers that need it fail.",
        next_steps=("kubectl describe apiservice {name}",),
        explained_by=("backend",),
    ),
    "CRD_NOT_ESTABLISHED": Entry(
        "Custom resource definition is not served",
        meaning="The API server does not serve the kind: a naming conflict or an invalid schema.",
        next_steps=("kubectl describe crd {name}",),
    ),
    "RESOURCE_NOT_READY": Entry(
        "Custom resource reports a failure",
        meaning="The controller behind the object says in its status that it failed or is not "
        "ready.",
        next_steps=("kubectl describe {kind} {name} -n {namespace}",),
        explained_by=("owned", "related"),
    ),
    "OPERATOR_GROUP_CONFLICT": Entry(
        "More than one OperatorGroup in a namespace",
        meaning="OLM installs nothing into a namespace with several OperatorGroups.",
        next_steps=("kubectl get operatorgroups -n {namespace}",),
    ),
    "CATALOG_SOURCE_UNHEALTHY": Entry(
        "Operator catalogue is not reachable",
        meaning="OLM cannot reach the catalogue's gRPC server.",
        next_steps=("kubectl describe catalogsource {name} -n {namespace}",),
        explained_by=("owned",),
    ),
    "RBAC_DENIED": Entry(
        "Service account lacks a permission",
        Severity.WARNING,
        "The container's log says that the API server refused what it tried to do.",
        ("kubectl auth can-i {verb} {resource} -n {namespace} --as={user}",),
    ),
    "ROLE_MISSING": Entry(
        "Binding names a role that does not exist",
        Severity.WARNING,
        "The binding grants nothing.",
        ("kubectl describe {kind} {name} -n {namespace}",),
    ),
    "CONFIG_MAP_UNUSED": Entry(
        "ConfigMap is not used by any pod",
        Severity.INFO,
        "No pod mounts it or reads its keys.",
        ("kubectl describe configmap {name} -n {namespace}",),
    ),
    "CONTAINER_PRIVILEGED": Entry(
        "Container is privileged",
        Severity.INFO,
        "A privileged container can do anything on its node.",
        ("kubectl describe {kind} {name} -n {namespace}",),
    ),
}
