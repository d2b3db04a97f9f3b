"""Codes about services, ingresses, gateways and network policies."""

from __future__ import annotations

from workbench.analyzers.codes.entry import Entry
from workbench.core.findings import Severity

_DESCRIBE = "kubectl describe {kind} {name} -n {namespace}"
_SLICES = "kubectl get endpointslices -n {namespace} -l kubernetes.io/service-name={name}"

CODES: dict[str, Entry] = {
    "SERVICE_WITHOUT_ENDPOINTS": Entry(
        "Service has no ready endpoints",
        meaning="The Service selects pods, but none of them is ready: every connection to it is "
        "refused or times out.",
        next_steps=(_SLICES, "kubectl get pods -n {namespace} -l {selector}"),
        explained_by=("selects", "related", "harms"),
        runbook="service-without-endpoints",
    ),
    "SERVICE_SELECTOR_MISMATCH": Entry(
        "Service selects no pods",
        meaning="No pod in the namespace carries the labels of the selector: a typing error, a "
        "renamed label, or a workload that is gone.",
        next_steps=(
            "kubectl get pods -n {namespace} --show-labels",
            "Correct spec.selector of the Service, or the labels of the pods",
        ),
        explained_by=("related",),
        runbook="service-without-endpoints",
    ),
    "SERVICE_PORT_MISMATCH": Entry(
        "Service targets a port its pods do not have",
        meaning="targetPort names a container port that the selected pods do not declare, or a "
        "number on which they do not listen.",
        next_steps=(_DESCRIBE, "Correct targetPort, or the name of the container port"),
        runbook="service-without-endpoints",
    ),
    "SERVICE_SELECTS_STRANGERS": Entry(
        "Service also selects pods of another workload",
        meaning="The selector is too wide: some of the selected pods belong to a workload that "
        "does not have the target port, so a share of the requests fails and the rest works.",
        next_steps=(
            "kubectl get pods -n {namespace} -l {selector} --show-labels",
            "Narrow spec.selector of the Service until it picks one workload",
        ),
        runbook="service-without-endpoints",
    ),
    "SERVICE_REFERENCE_MISSING": Entry(
        "Setting names a Service that does not exist",
        Severity.WARNING,
        "An environment variable, argument or ConfigMap value of the workload names a Service that "
        "is not there: a typing error, another namespace, or a Service that was removed.",
        (
            "kubectl get services -n {there}",
            "Correct {where}, or create the Service",
        ),
        runbook="dns",
    ),
    "BROKER_ADVERTISES_LOOPBACK": Entry(
        "Broker sends its clients to themselves",
        meaning="A Kafka client connects to the address that the broker advertises. This one "
        "advertises localhost, so every client outside the broker's pod is refused.",
        next_steps=(
            _DESCRIBE,
            "Advertise the name of the Service or of each pod in its headless Service",
        ),
        runbook="service-without-endpoints",
    ),
    "SERVICE_PORT_NOT_EXPOSED": Entry(
        "Callers use a port that the Service does not expose",
        meaning="A setting names the Service with a port that is not among its ports, so every "
        "connection there is refused or times out.",
        next_steps=(_DESCRIBE, "kubectl get services -n {namespace}"),
        runbook="service-without-endpoints",
    ),
    "EXTERNAL_NAME_INVALID": Entry(
        "Service stands for a name that does not resolve",
        meaning="A Service of type ExternalName is a CNAME. It needs a name that exists: an "
        "address is taken for a name, and a Service of the cluster has to be there.",
        next_steps=(
            _DESCRIBE,
            "Correct spec.externalName; for an address use a Service without selector and an "
            "EndpointSlice",
        ),
        runbook="dns",
    ),
    "CERTIFICATE_FOR_OTHER_NAMES": Entry(
        "Certificate is for other names than those served",
        meaning="Clients compare the name they asked for with those in the certificate, and refuse "
        "or warn when it is not among them.",
        next_steps=(
            "kubectl describe certificate -n {namespace}",
            "Add the names to spec.dnsNames of the Certificate, or name the right Secret in the "
            "Ingress",
        ),
        runbook="ingress-and-routes",
    ),
    "LOAD_BALANCER_PENDING": Entry(
        "Load balancer has no address",
        Severity.WARNING,
        "The Service is of type LoadBalancer and has no external address yet: no cloud controller "
        "or load-balancer operator serves it, or it refuses.",
        (_DESCRIBE,),
        runbook="service-without-endpoints",
    ),
    "NETWORK_POLICY_SELECTS_NOTHING": Entry(
        "Network policy applies to no pods",
        Severity.INFO,
        "Its podSelector matches no pod in the namespace, so it has no effect.",
        (_DESCRIBE,),
        runbook="network-policy",
    ),
    "NETWORK_POLICY_BLOCKS": Entry(
        "Network policy may block the connection",
        Severity.WARNING,
        "A connection times out, and a network policy does not allow it.",
        ("kubectl describe networkpolicy {name} -n {namespace}",),
        runbook="network-policy",
    ),
    "NETWORK_POLICY_BLOCKS_DNS": Entry(
        "Network policy keeps pods from cluster DNS",
        Severity.WARNING,
        "The pods' egress is restricted and no rule allows port 53, so names do not resolve and "
        "everything that is called by name fails.",
        (
            "kubectl describe networkpolicy {name} -n {namespace}",
            "Allow egress to port 53 (UDP and TCP) of the cluster DNS pods",
        ),
        runbook="network-policy",
    ),
    "SERVICE_ISOLATED": Entry(
        "Network policy lets nobody reach a Service",
        Severity.WARNING,
        "A policy picks out the pods behind the Service and no policy admits anybody to them: "
        "every connection from another pod times out.",
        (
            "kubectl describe networkpolicy {name} -n {namespace}",
            "Add an ingress rule for the callers, or delete the policy",
        ),
        runbook="service-without-endpoints",
    ),
    "TRAFFIC_FAULT_INJECTED": Entry(
        "Route injects faults into requests",
        meaning="A VirtualService aborts or delays requests on purpose (spec.http[].fault), as in "
        "a test of resilience. The pods behind it are healthy and their callers fail.",
        next_steps=(
            "kubectl get virtualservice {name} -n {namespace} -o yaml",
            "Remove spec.http[].fault when nobody is testing",
        ),
        runbook="ingress-and-routes",
    ),
    "SUBSET_MISSING": Entry(
        "Route leads to a subset that is not defined",
        meaning="The VirtualService names a subset that no DestinationRule of its host defines; "
        "the proxies answer such requests with 503.",
        next_steps=("kubectl get destinationrules -n {namespace}",),
        runbook="ingress-and-routes",
    ),
    "SUBSET_WITHOUT_PODS": Entry(
        "Route leads to a subset that no pod belongs to",
        meaning="The DestinationRule's subset has labels that no pod behind the host has; the "
        "proxies answer such requests with 503.",
        next_steps=(
            "kubectl get destinationrules -n {namespace} -o yaml",
            "kubectl get pods -n {namespace} --show-labels",
        ),
        runbook="ingress-and-routes",
    ),
    "MESH_DESTINATION_MISSING": Entry(
        "Route leads to a Service that does not exist",
        meaning="The VirtualService names a host that is no Service and no host of a ServiceEntry; "
        "the proxies answer such requests with 503.",
        next_steps=("kubectl get services,serviceentries -n {namespace}",),
        runbook="namespace-health",
    ),
    "MUTUAL_TLS_MISMATCH": Entry(
        "Callers and servers disagree about mutual TLS",
        meaning="A PeerAuthentication makes the pods refuse plain text, and a caller sends it: "
        "it has no mesh proxy, or a DestinationRule switches mutual TLS off. Its connections are "
        "reset.",
        next_steps=(
            "kubectl get peerauthentications,destinationrules -n {namespace} -o yaml",
            "Give the caller a proxy or set spec.trafficPolicy.tls.mode to ISTIO_MUTUAL; or set "
            "the policy to PERMISSIVE",
        ),
        runbook="namespace-health",
    ),
    "INGRESS_BACKEND_MISSING": Entry(
        "Ingress points at a Service that does not exist",
        meaning="Requests for that path are answered with 503 (or 404) by the ingress controller.",
        next_steps=("kubectl get services -n {namespace}", _DESCRIBE),
        runbook="ingress-and-routes",
    ),
    "INGRESS_PORT_MISSING": Entry(
        "Ingress points at a port its Service does not have",
        meaning="The Service exists but has no such port, so the controller has no backend.",
        next_steps=("kubectl describe service {service} -n {namespace}", _DESCRIBE),
        runbook="ingress-and-routes",
    ),
    "INGRESS_BACKEND_UNAVAILABLE": Entry(
        "Ingress backend has no ready endpoints",
        meaning="The Service behind the path has no ready pods: users see 502 or 503.",
        next_steps=("kubectl describe service {service} -n {namespace}", _DESCRIBE),
        explained_by=("backend",),
        runbook="ingress-and-routes",
    ),
    "INGRESS_CLASS_MISSING": Entry(
        "Ingress class does not exist",
        meaning="No IngressClass of that name exists, so no controller takes the Ingress.",
        next_steps=("kubectl get ingressclasses", _DESCRIBE),
        runbook="ingress-and-routes",
    ),
    "INGRESS_WITHOUT_CLASS": Entry(
        "Ingress names no class",
        Severity.INFO,
        "No ingressClassName is set and no IngressClass is the default: only controllers that "
        "take every Ingress will serve it.",
        ("kubectl get ingressclasses",),
        runbook="ingress-and-routes",
    ),
    "INGRESS_CONFLICT": Entry(
        "Two Ingresses claim one host and path",
        Severity.WARNING,
        "Both send the same host and path to different Services. The controller serves one of "
        "them, usually the older.",
        (_DESCRIBE, "kubectl describe ingress {other} -n {other_namespace}"),
        runbook="ingress-and-routes",
    ),
    "INGRESS_TLS_SECRET_MISSING": Entry(
        "Ingress TLS Secret does not exist",
        Severity.WARNING,
        "The certificate's Secret does not exist; controllers fall back to a default certificate "
        "or refuse the host.",
        ("kubectl get secret {missing} -n {namespace}", "kubectl get certificates -n {namespace}"),
        ("related",),
        runbook="certificate-expiry",
    ),
    "GATEWAY_CLASS_MISSING": Entry(
        "GatewayClass does not exist",
        meaning="gatewayClassName names a class that does not exist, so nobody runs the Gateway.",
        next_steps=("kubectl get gatewayclasses", _DESCRIBE),
        runbook="ingress-and-routes",
    ),
    "GATEWAY_CLASS_NOT_ACCEPTED": Entry(
        "GatewayClass is not accepted",
        meaning="No controller has accepted the class: it is not installed, not running, or does "
        "not like the parameters.",
        next_steps=("kubectl describe gatewayclass {name}",),
        runbook="ingress-and-routes",
    ),
    "GATEWAY_NOT_ACCEPTED": Entry(
        "Gateway is not accepted",
        meaning="The controller does not accept the Gateway or one of its listeners.",
        next_steps=(_DESCRIBE,),
        explained_by=("class", "same"),
        runbook="ingress-and-routes",
    ),
    "GATEWAY_NOT_PROGRAMMED": Entry(
        "Gateway is not programmed",
        meaning="The Gateway is accepted but the data plane is not set up, for instance because "
        "no address could be assigned.",
        next_steps=(_DESCRIBE,),
        explained_by=("class", "same"),
        runbook="ingress-and-routes",
    ),
    "ROUTE_GATEWAY_MISSING": Entry(
        "Route names a Gateway that does not exist",
        meaning="A parentRef names a Gateway that does not exist, so the route serves nothing.",
        next_steps=("kubectl get gateways -A", _DESCRIBE),
        runbook="ingress-and-routes",
    ),
    "ROUTE_NOT_ALLOWED": Entry(
        "Gateway does not allow the route to attach",
        meaning="No listener of the Gateway admits routes from this namespace.",
        next_steps=("kubectl describe gateway {gateway} -n {gateway_namespace}",),
        runbook="ingress-and-routes",
    ),
    "ROUTE_NOT_GRANTED": Entry(
        "Route uses a Service of another namespace without a grant",
        meaning="A backendRef into another namespace needs a ReferenceGrant there that names the "
        "route's kind and namespace. Without it requests are answered with 500.",
        next_steps=("kubectl get referencegrants -n {service_namespace}", _DESCRIBE),
        runbook="ingress-and-routes",
    ),
    "ROUTE_HOSTNAME_MISMATCH": Entry(
        "Route and Gateway are for different hosts",
        meaning="None of the route's hostnames is covered by a listener it attaches to, so it is "
        "not attached.",
        next_steps=(_DESCRIBE, "kubectl get gateways -A"),
        runbook="ingress-and-routes",
    ),
    "ROUTE_NOT_ACCEPTED": Entry(
        "Route is not accepted or not resolved",
        meaning="The Gateway's controller reports that the route is not accepted or that its "
        "references do not resolve.",
        next_steps=(_DESCRIBE,),
        explained_by=("same", "backend", "class"),
        runbook="ingress-and-routes",
    ),
    "ROUTE_BACKEND_MISSING": Entry(
        "Route points at a Service that does not exist",
        meaning="Requests that match the rule are answered with 500 by the Gateway.",
        next_steps=("kubectl get services -n {namespace}", _DESCRIBE),
        runbook="ingress-and-routes",
    ),
    "ROUTE_PORT_MISSING": Entry(
        "Route points at a port its Service does not have",
        meaning="The Service exists but has no such port.",
        next_steps=("kubectl describe service {service} -n {namespace}", _DESCRIBE),
        runbook="ingress-and-routes",
    ),
    "ROUTE_BACKEND_UNAVAILABLE": Entry(
        "Route backend has no ready endpoints",
        meaning="The Service behind the rule has no ready pods.",
        next_steps=("kubectl describe service {service} -n {namespace}",),
        explained_by=("backend",),
        runbook="ingress-and-routes",
    ),
}
