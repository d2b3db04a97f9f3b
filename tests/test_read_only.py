"""A default installation changes nothing and opens nothing: three walls, each tried by itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
import yaml

from workbench.analyzers.cluster.access import Wanted, allows
from workbench.bootstrap import built_in_tools, policy
from workbench.core.objects import ClusterRole, Role
from workbench.core.objects.access import PolicyRule
from workbench.core.policy import Decision
from workbench.core.tools import CallContext, ToolSpec
from workbench.kubernetes.snapshots.resources import BUILT_IN
from workbench.mcp.registry import kubernetes_server
from workbench.settings import load_settings

DEPLOY = Path(__file__).parents[1] / "deploy"
MANIFESTS = (DEPLOY / "base" / "read-only.yaml", DEPLOY / "namespace-access" / "read-only.yaml")
"""What may be read in the whole cluster, and in one namespace."""
CONTEXT = CallContext(investigation=UUID(int=1), user="agent")
RBAC, CORE, APPS = "rbac.authorization.k8s.io", "", "apps"

# What is tried: verb, resource, API group, and the tool that an agent would try it with.
PROBES: tuple[tuple[str, str, str, str], ...] = (
    ("patch", "deployments/scale", APPS, "scale"),
    ("update", "deployments/scale", APPS, "scale"),
    ("patch", "statefulsets/scale", APPS, "scale"),
    ("patch", "deployments", APPS, "rollout_restart"),
    ("patch", "daemonsets", APPS, "rollout_restart"),
    ("update", "deployments", APPS, "rollout_undo"),
    ("create", "deployments", APPS, "apply"),
    ("delete", "deployments", APPS, "delete_resource"),
    ("deletecollection", "deployments", APPS, "delete_resource"),
    ("patch", "deployments/status", APPS, "apply"),
    ("delete", "statefulsets", APPS, "delete_resource"),
    ("create", "pods", CORE, "run_pod"),
    ("delete", "pods", CORE, "delete_pod"),
    ("deletecollection", "pods", CORE, "delete_pod"),
    ("patch", "pods", CORE, "apply"),
    ("create", "pods/eviction", CORE, "evict"),
    ("create", "pods/exec", CORE, "exec"),
    ("get", "pods/exec", CORE, "exec"),
    ("create", "pods/attach", CORE, "attach"),
    ("get", "pods/attach", CORE, "attach"),
    ("create", "pods/portforward", CORE, "port_forward"),
    ("get", "pods/portforward", CORE, "port_forward"),
    ("get", "pods/proxy", CORE, "proxy"),
    ("patch", "pods/ephemeralcontainers", CORE, "debug"),
    ("create", "pods/binding", CORE, "bind_pod"),
    ("get", "secrets", CORE, "get_secret"),
    ("list", "secrets", CORE, "list_secrets"),
    ("watch", "secrets", CORE, "watch_secrets"),
    ("create", "secrets", CORE, "apply"),
    ("create", "serviceaccounts/token", CORE, "create_token"),
    ("create", "serviceaccounts", CORE, "apply"),
    ("impersonate", "serviceaccounts", CORE, "impersonate"),
    ("impersonate", "users", CORE, "impersonate"),
    ("impersonate", "groups", CORE, "impersonate"),
    ("impersonate", "userextras/scopes", "authentication.k8s.io", "impersonate"),
    ("get", "nodes/proxy", CORE, "node_proxy"),
    ("create", "nodes/proxy", CORE, "node_proxy"),
    ("get", "nodes/log", CORE, "node_logs"),
    ("get", "nodes/stats", CORE, "node_stats"),
    ("patch", "nodes", CORE, "cordon"),
    ("patch", "nodes/status", CORE, "apply"),
    ("update", "nodes", CORE, "uncordon"),
    ("delete", "nodes", CORE, "delete_node"),
    ("get", "services/proxy", CORE, "proxy"),
    ("create", "services/proxy", CORE, "proxy"),
    ("patch", "services", CORE, "apply"),
    ("create", "configmaps", CORE, "apply"),
    ("delete", "persistentvolumeclaims", CORE, "delete_resource"),
    ("create", "namespaces", CORE, "apply"),
    ("delete", "namespaces", CORE, "delete_namespace"),
    ("update", "namespaces/finalize", CORE, "apply"),
    ("create", "rolebindings", RBAC, "apply"),
    ("create", "clusterrolebindings", RBAC, "apply"),
    ("patch", "clusterroles", RBAC, "apply"),
    ("escalate", "clusterroles", RBAC, "apply"),
    ("bind", "clusterroles", RBAC, "apply"),
    ("create", "certificatesigningrequests", "certificates.k8s.io", "request_certificate"),
    ("update", "certificatesigningrequests/approval", "certificates.k8s.io", "approve_csr"),
    ("approve", "signers", "certificates.k8s.io", "approve_csr"),
    ("create", "mutatingwebhookconfigurations", "admissionregistration.k8s.io", "apply"),
    ("create", "customresourcedefinitions", "apiextensions.k8s.io", "apply"),
    ("create", "jobs", "batch", "run_job"),
    ("patch", "cronjobs", "batch", "apply"),
    ("create", "events", CORE, "write_event"),
    ("patch", "deployments", APPS, "set_image"),
    ("patch", "deployments", APPS, "set_resources"),
)
NOT_BUILT_IN = {("", "pods/log"), ("events.k8s.io", "events"), ("metrics.k8s.io", "pods")}
"""What a namespace has besides the kinds that a frozen cluster serves."""
URLS = ("/logs/", "/debug/pprof/", "/metrics", "/configz", "/api/v1/watch/secrets")


@cache
def rules(manifest: Path) -> tuple[PolicyRule, ...]:
    documents = yaml.safe_load_all(manifest.read_text())
    roles = [
        msgspec.convert(d, ClusterRole if d["kind"] == "ClusterRole" else Role)
        for d in documents
        if d["kind"] in ("ClusterRole", "Role")
    ]
    return tuple(rule for role in roles for rule in role.rules)


def test_there_are_sixty_probes() -> None:
    assert len(PROBES) >= 60


@pytest.mark.parametrize(("verb", "resource", "group", "tool"), PROBES)
def test_none_of_the_three_walls_lets_it_through(
    verb: str, resource: str, group: str, tool: str
) -> None:
    for manifest in MANIFESTS:
        assert not allows(rules(manifest), Wanted(verb, resource, group))
    assert tool not in {spec.remote_name for spec in built_in_tools(changes=False)}
    for server in ("kube", "other"):
        spec = ToolSpec(
            name=f"{server}_{tool}", server=server, remote_name=tool, description="",
            input_schema={},
        )  # fmt: skip
        verdict = policy(load_settings()).judge(spec, {"namespace": "shop"}, CONTEXT)
        assert verdict.decision is Decision.REFUSE


@pytest.mark.parametrize("url", URLS)
def test_no_path_beside_the_resources_is_open(url: str) -> None:
    for manifest in MANIFESTS:
        assert not allows(rules(manifest), Wanted("get", url=url))


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.parent.name)
def test_the_role_is_a_positive_list(manifest: Path) -> None:
    for rule in rules(manifest):
        assert set(rule.verbs) <= {"get", "list", "watch"}
        assert not {"*"} & {*rule.api_groups, *rule.resources}
        assert "secrets" not in rule.resources
        assert [r for r in rule.resources if "/" in r] in ([], ["pods/log"])


def test_it_can_still_look() -> None:
    for resource, group in (("pods", ""), ("pods/log", ""), ("deployments", APPS), ("nodes", "")):
        for manifest in MANIFESTS[: 1 if resource == "nodes" else 2]:
            assert allows(rules(manifest), Wanted("get", resource, group))


def test_in_a_namespace_may_be_read_what_a_namespace_has_and_nothing_of_the_cluster() -> None:
    """Held against what the Kubernetes API serves below namespaces."""
    whole, part = (
        {
            (g, r, v)
            for one in rules(manifest)
            for g in one.api_groups
            for r in one.resources
            for v in one.verbs
        }
        for manifest in MANIFESTS
    )
    namespaced = {(r.group, r.plural) for r in BUILT_IN if r.namespaced} | NOT_BUILT_IN
    assert part == {(g, r, v) for g, r, v in whole if (g, r) in namespaced}


def test_the_default_server_is_started_without_its_change_tools() -> None:
    assert "--changes" not in kubernetes_server(load_settings()).args
    assert "--changes" in kubernetes_server(load_settings(allow_changes=True)).args
    assert all(spec.read_only for spec in built_in_tools(changes=False))
    changing = {s.remote_name for s in built_in_tools(changes=True) if not s.read_only}
    assert {"scale", "apply", "delete_pod", "cordon", "rollout_undo"} <= changing


def rule(verb: str, resource: str = "", group: str = "", **more: tuple[str, ...]) -> PolicyRule:
    return PolicyRule(verbs=(verb,), api_groups=(group,), resources=(resource,), **more)


@pytest.mark.parametrize(
    ("given", "wanted", "granted"),
    [
        (rule("*", "*", "*"), Wanted("x", "a/b"), True),
        (rule("get", "pods"), Wanted("get", "pods/log"), False),
        (rule("get", "*/scale"), Wanted("get", "x/scale"), True),
        (rule("get", "pods"), Wanted("get", "pods", "apps"), False),
        (rule("get", "pods", resource_names=("a",)), Wanted("get", "pods", name="b"), False),
        (rule("get", non_resource_urls=("/logs/*",)), Wanted("get", url="/logs/a"), True),
    ],
)
def test_rules_are_read_as_an_authorizer_does(
    given: PolicyRule, wanted: Wanted, granted: bool
) -> None:
    assert allows((given,), wanted) is granted
