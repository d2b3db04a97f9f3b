"""Codes about nodes, namespaces, admission, APIs, operators and hygiene."""

from __future__ import annotations

from workbench.analyzers.codes.entry import Entry
from workbench.core.findings import Severity

_DESCRIBE_NODE = "kubectl describe node {name}"

CODES: dict[str, Entry] = {
    "CHAOS_EXPERIMENT_RUNNING": Entry(
        "A chaos experiment is running",
        Severity.WARNING,
        "Somebody injects faults on purpose. What its targets suffer comes from it.",
        (
            "kubectl describe {kind} {name} -n {namespace}",
            "Pause or delete the experiment if it was not meant to run now",
        ),
        runbook="namespace-health",
    ),
    "FAULT_FLAG_ON": Entry(
        "Feature flag makes requests fail on purpose",
        Severity.WARNING,
        "A flag that is named after a fault is on by default, as demo shops and tests of "
        "resilience switch faults on. What the programs that read it suffer comes from it.",
        (
            "kubectl get configmap {name} -n {namespace} -o yaml",
            "Set the flag's defaultVariant to off if nobody is testing",
        ),
        runbook="namespace-health",
    ),
    "HELM_RELEASE_UNFINISHED": Entry(
        "Helm release failed or was left half-way",
        Severity.WARNING,
        "The newest revision of the release is not deployed. A pending one is a lock: further "
        "upgrades end with “another operation is in progress”.",
        (
            "helm history {release} -n {namespace}",
            "helm rollback {release} -n {namespace}",
        ),
        runbook="stuck-rollout",
    ),
    "DNS_MISCONFIGURED": Entry(
        "Cluster DNS is configured so that names do not resolve",
        Severity.CRITICAL,
        "The Corefile cannot be read, forwards to itself, or answers or rewrites cluster names so "
        "that Services are not found. Everything that calls by name fails.",
        (
            "kubectl get configmap {name} -n {namespace} -o yaml",
            "kubectl rollout restart deployment/coredns -n {namespace}",
        ),
        runbook="dns",
    ),
    "NODE_MACHINE_TROUBLE": Entry(
        "Logs tell of trouble of the node itself",
        meaning="What the logs complain of is the machine's: its clock, its connection tracking "
        "table. Pods on other nodes do not say so.",
        next_steps=(
            "kubectl describe node {name}",
            "Look at the node itself (chrony, net.netfilter.nf_conntrack_max); "
            "cordon it until it is mended",
        ),
        runbook="node-not-ready",
    ),
    "CONTROLLER_WARNS": Entry(
        "A controller warns about the object",
        Severity.WARNING,
        "The newest event about the object is a warning: its controller could not do what the "
        "object asks for.",
        ("kubectl describe {kind} {name} -n {namespace}",),
        ("same", "related", "backend", "class"),
        runbook="namespace-health",
    ),
    "NODE_SUSPECT": Entry(
        "Failing pods share one node",
        Severity.WARNING,
        "Pods of several workloads fail on this node while their replicas elsewhere are well, "
        "though the node says that it is ready: its network, disk, clock or runtime.",
        (
            "kubectl describe node {name}",
            "kubectl get pods -A -o wide --field-selector spec.nodeName={name}",
            "kubectl cordon {name}",
        ),
        ("agent",),
        runbook="node-not-ready",
    ),
    "NODE_VERSION_SKEW": Entry(
        "Kubelet and API server versions do not go together",
        Severity.WARNING,
        "A kubelet may not be newer than the API server, nor more than three minor versions older.",
        ("kubectl get nodes -o wide", "kubectl version"),
        runbook="node-not-ready",
    ),
    "CONTROL_PLANE_DOWN": Entry(
        "A part of the control plane is not running",
        Severity.CRITICAL,
        "Without the scheduler new pods stay Pending and nothing says why; without the controller "
        "manager changes of Deployments have no effect.",
        (
            "kubectl get pods -n kube-system -o wide",
            "On the control-plane node: crictl ps -a, and /etc/kubernetes/manifests",
        ),
        runbook="pending-pod",
    ),
    "NODE_NOT_READY": Entry(
        "Node is not ready",
        Severity.CRITICAL,
        "The kubelet reports that it is not ready, or has stopped reporting (status Unknown): the "
        "machine is down, cut off, or its kubelet or container runtime has failed.",
        (_DESCRIBE_NODE, "On the node: systemctl status kubelet containerd"),
        explained_by=("agent",),
        runbook="node-not-ready",
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
        runbook="node-not-ready",
    ),
    "NODE_NETWORK_UNAVAILABLE": Entry(
        "Node's network is not set up",
        meaning="The network plugin or the cloud's route controller has not set up the node.",
        next_steps=(_DESCRIBE_NODE, "kubectl get pods -n kube-system -o wide"),
        runbook="node-not-ready",
    ),
    "NODE_PROBLEM": Entry(
        "Node reports a problem",
        Severity.WARNING,
        "A problem detector on the node set a condition that should not be true.",
        (_DESCRIBE_NODE,),
        runbook="node-not-ready",
    ),
    "NODE_CORDONED": Entry(
        "Node is cordoned",
        Severity.INFO,
        "The node is marked unschedulable, usually for maintenance.",
        ("kubectl uncordon {name}",),
        runbook="node-not-ready",
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
        runbook="namespace-health",
    ),
    "WEBHOOK_SERVICE_MISSING": Entry(
        "Webhook's Service does not exist",
        meaning="The API server calls a Service that does not exist. With failurePolicy Fail, "
        "every request it covers is refused.",
        next_steps=("kubectl get {kind} {name} -o yaml",),
        runbook="quota-and-admission",
    ),
    "WEBHOOK_UNAVAILABLE": Entry(
        "Webhook has no running pod",
        meaning="The Service behind the webhook has no running pod to answer.",
        next_steps=("kubectl get {kind} {name} -o yaml",),
        explained_by=("backend",),
        runbook="quota-and-admission",
    ),
    "CA_BUNDLE_INVALID": Entry(
        "CA bundle cannot be read or has expired",
        meaning="The API server checks the certificate of a webhook or aggregated API against this "
        "bundle. With a bundle that does not parse or has expired every call fails; with "
        "failurePolicy Fail, so does every request the webhook covers.",
        next_steps=(
            "kubectl get {kind} {name} -o yaml",
            "Renew the certificate, and put the new CA into caBundle (cert-manager's CA injector "
            "does it by annotation)",
        ),
        runbook="certificate-expiry",
    ),
    "CERTIFICATE_EXPIRED": Entry(
        "Certificate has expired",
        meaning="Clients that check certificates refuse the connection.",
        next_steps=(
            "kubectl get certificates,certificaterequests -n {namespace}",
            "kubectl describe {kind} {name} -n {namespace}",
        ),
        explained_by=("same", "owned"),
        runbook="certificate-expiry",
    ),
    "CERTIFICATE_EXPIRES_SOON": Entry(
        "Certificate expires soon and has not been renewed",
        Severity.WARNING,
        "Less than a week is left and nobody has renewed it.",
        (
            "kubectl get certificates,certificaterequests -n {namespace}",
            "kubectl describe {kind} {name} -n {namespace}",
        ),
        runbook="certificate-expiry",
    ),
    "API_SERVICE_UNAVAILABLE": Entry(
        "Aggregated API does not answer",
        meaning="An API that is served by a pod (metrics, custom metrics …) is not available; "
        "kubectl and controllers that need it fail.",
        next_steps=("kubectl describe apiservice {name}",),
        explained_by=("backend", "same"),
        runbook="autoscaler-not-scaling",
    ),
    "CRD_NOT_ESTABLISHED": Entry(
        "Custom resource definition is not served",
        meaning="The API server does not serve the kind: a naming conflict or an invalid schema.",
        next_steps=("kubectl describe crd {name}",),
        runbook="namespace-health",
    ),
    "RESOURCE_NOT_READY": Entry(
        "Custom resource reports a failure",
        meaning="The controller behind the object says in its status that it failed or is not "
        "ready.",
        next_steps=("kubectl describe {kind} {name} -n {namespace}",),
        explained_by=("owned", "related", "same", "harms"),
        runbook="namespace-health",
    ),
    "CUSTOM_REFERENCE_MISSING": Entry(
        "Custom resource names another one that does not exist",
        meaning="A Certificate names its issuer, an ExternalSecret its store, a HelmRelease its "
        "source. Without it the controller can do nothing.",
        next_steps=("kubectl describe {kind} {name} -n {namespace}",),
        runbook="namespace-health",
    ),
    "OPERATOR_GROUP_CONFLICT": Entry(
        "More than one OperatorGroup in a namespace",
        meaning="OLM installs nothing into a namespace with several OperatorGroups.",
        next_steps=("kubectl get operatorgroups -n {namespace}",),
        runbook="namespace-health",
    ),
    "UPGRADE_POLICY_UNKNOWN": Entry(
        "Operator has an upgrade policy that does not exist",
        Severity.INFO,
        "OLM knows CatalogProvided and SelfCertified. With another word, what the extension may be "
        "upgraded to is not settled.",
        ("kubectl describe clusterextension {name}",),
        runbook="namespace-health",
    ),
    "CATALOG_SOURCE_UNHEALTHY": Entry(
        "Operator catalogue is not reachable",
        meaning="OLM cannot reach the catalogue's gRPC server.",
        next_steps=("kubectl describe catalogsource {name} -n {namespace}",),
        explained_by=("owned",),
        runbook="namespace-health",
    ),
    "RBAC_DENIED": Entry(
        "Service account lacks a permission",
        Severity.WARNING,
        "A log or an event says that the API server refused what the account tried to do. The "
        "message names the rule that is missing, or the binding that misses the account.",
        ("kubectl auth can-i {verb} {resource} -n {namespace} --as={user}",),
        runbook="permissions",
    ),
    "ROLE_MISSING": Entry(
        "Binding names a role that does not exist",
        Severity.WARNING,
        "The binding grants nothing.",
        ("kubectl describe {kind} {name} -n {namespace}",),
        runbook="permissions",
    ),
    "CONFIG_MAP_UNUSED": Entry(
        "ConfigMap is not used by any pod",
        Severity.INFO,
        "No pod mounts it or reads its keys.",
        ("kubectl describe configmap {name} -n {namespace}",),
        runbook="namespace-health",
    ),
    "RBAC_WILDCARD": Entry(
        "Binding grants a role with wildcards",
        Severity.INFO,
        "The role allows every verb or every resource, those of the future included.",
        ("kubectl describe {kind} {name} -n {namespace}",),
        runbook="permissions",
    ),
    "DEFAULT_ACCOUNT_BOUND": Entry(
        "Default ServiceAccount has permissions",
        Severity.INFO,
        "Every pod of the namespace that names no other account can use them.",
        (
            "kubectl auth can-i --list --as=system:serviceaccount:{namespace}:{name}",
            "Give the workload that needs them a ServiceAccount of its own",
        ),
        runbook="permissions",
    ),
    "CONTAINER_PRIVILEGED": Entry(
        "Container is privileged",
        Severity.INFO,
        "A privileged container can do anything on its node.",
        ("kubectl describe {kind} {name} -n {namespace}",),
        runbook="permissions",
    ),
    "DEFAULT_ACCOUNT_USED": Entry(
        "Pods run as the default ServiceAccount",
        Severity.INFO,
        "What one of them is granted one day, all of them can do. Told with `--opinions`.",
        ("Set automountServiceAccountToken: false on it, or give workloads accounts of their own",),
        runbook="permissions",
    ),
    "SECURITY_CONTEXT_MISSING": Entry(
        "Pod has no security context",
        Severity.INFO,
        "Its containers run as the user of their image, root perhaps, and may gain privileges. "
        "Told with `--opinions`.",
        ("Set runAsNonRoot and allowPrivilegeEscalation: false where the image allows it",),
        runbook="permissions",
    ),
}
