"""The manifests as kubectl builds them: valid, careful, and in step with the code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import click
import kubernetes_validate
import msgspec
import pytest
import yaml

from workbench.analyzers.cluster.access import Wanted, allows
from workbench.api.guard import OPEN
from workbench.api.hosts import hosts
from workbench.api.hub import Hub
from workbench.api.metrics import Metrics
from workbench.cli import root
from workbench.cli.worker import worker
from workbench.core.impersonation import OF_THE_SYSTEM
from workbench.core.objects import ClusterRole
from workbench.runbooks.apart import STOP_SECONDS
from workbench.settings import Settings
from workbench.store.sweeps import Depth

DEPLOY = Path(__file__).parents[2] / "deploy"
OVERLAYS = sorted(path.name for path in (DEPLOY / "overlays").iterdir())
COMPONENTS = ("cron-jobs", "cloudnative-pg", "monitoring", "queue-scaling", "impersonate")
"""What an overlay may add; the change role and what takes the cluster-wide role out are in ours."""
OPERATORS = ("monitoring.coreos.com", "postgresql.cnpg.io")
"""Groups of other operators' kinds, whose schemas are theirs."""
NPM = Path(__file__).parents[1] / "npm"
VERSIONS = ["1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36"]

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


@cache
def built(overlay: str) -> tuple[dict[str, Any], ...]:
    command = ["kubectl", "kustomize", str(DEPLOY / "overlays" / overlay)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return tuple(yaml.safe_load_all(text))


def of_kind(overlay: str, kind: str) -> list[dict[str, Any]]:
    return [found for found in built(overlay) if found["kind"] == kind]


def deployment(overlay: str, name: str) -> dict[str, Any]:
    (found,) = (d for d in of_kind(overlay, "Deployment") if d["metadata"]["name"] == name)
    return found


def pods(overlay: str) -> list[dict[str, Any]]:
    """The pod templates of everything that runs pods."""
    return [
        o["spec"]["template"]["spec"] for o in built(overlay) if "template" in o.get("spec", {})
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_is_valid_in_every_version(version: str) -> None:
    """Most of it is the same in all overlays, and held against the schemas once."""
    everything = {json.dumps(found) for overlay in OVERLAYS for found in built(overlay)}
    for found in map(json.loads, everything):
        if found["apiVersion"].partition("/")[0] not in OPERATORS:
            kubernetes_validate.validate(found, version, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_container_may_more_than_it_needs(overlay: str) -> None:
    for pod in pods(overlay):
        careful(pod)


def careful(pod: dict[str, Any]) -> None:
    """Holds a pod's template against what every one of ours has."""
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        context = container["securityContext"]
        assert not context["allowPrivilegeEscalation"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["requests"]["memory"]
        assert container["resources"]["limits"]["memory"]
        if "k8s-workbench:" in container["image"]:
            assert context["readOnlyRootFilesystem"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_image_has_a_version(overlay: str) -> None:
    for pod in pods(overlay):
        for container in pod["containers"]:
            assert container["image"].rpartition(":")[2] not in ("", "latest")
            assert ":" in container["image"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_what_looks_at_the_cluster_has_a_token_for_it(overlay: str) -> None:
    with_token = [pod for pod in pods(overlay) if pod.get("automountServiceAccountToken", True)]
    assert [pod["serviceAccountName"] for pod in with_token] == ["k8s-workbench"] * 2
    containers = [pod["containers"][0]["name"] for pod in with_token]
    assert sorted(containers) == ["workbench", "worker"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_worker_may_hand_its_runs_back_before_it_is_killed(overlay: str) -> None:
    pod = deployment(overlay, "k8s-workbench-worker")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    context = worker.make_context("worker", list(container["args"][1:]))
    assert container["args"][0] == "worker"
    assert context.params["grace"] + STOP_SECONDS < pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_and_ports_are_those_of_the_server(overlay: str) -> None:
    server = deployment(overlay, "k8s-workbench")
    (container,) = server["spec"]["template"]["spec"]["containers"]
    (port,) = container["ports"]
    assert port["containerPort"] == Settings.model_fields["port"].default
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["path"] in OPEN
        assert container[probe]["httpGet"]["port"] == port["name"]
    service = next(
        s for s in of_kind(overlay, "Service") if s["metadata"]["name"] == "k8s-workbench"
    )
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    labels = server["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_key_of_the_settings_is_a_setting(overlay: str) -> None:
    (config,) = of_kind(overlay, "ConfigMap")
    fields = Settings.model_fields
    known = {str(f.validation_alias or f"WORKBENCH_{name.upper()}") for name, f in fields.items()}
    assert config["data"].keys() <= known


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_traffic_is_denied_unless_it_is_named(overlay: str) -> None:
    policies = {p["metadata"]["name"]: p["spec"] for p in of_kind(overlay, "NetworkPolicy")}
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert all("from" in rule for rule in policies["k8s-workbench"]["ingress"])


def test_only_the_overlay_that_says_so_may_change_anything() -> None:
    writing = {"create", "update", "patch", "delete", "deletecollection", "*"}
    for overlay in OVERLAYS:
        roles = of_kind(overlay, "ClusterRole") + of_kind(overlay, "Role")
        rules = [rule for role in roles for rule in role.get("rules") or ()]
        writes = [r for r in rules if writing & set(r["verbs"])]
        reviews = [r for r in writes if r["apiGroups"] == ["authorization.k8s.io"]]
        assert bool(len(writes) - len(reviews)) == (overlay == "with-changes"), overlay


def test_where_namespaces_are_named_nothing_of_the_cluster_is_granted() -> None:
    assert not of_kind("namespaced", "ClusterRole") + of_kind("namespaced", "ClusterRoleBinding")
    (binding,) = of_kind("namespaced", "RoleBinding")
    (role,) = of_kind("namespaced", "Role")
    assert binding["metadata"]["namespace"] == role["metadata"]["namespace"] == "shop"
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    (account,) = of_kind("namespaced", "ServiceAccount")
    (subject,) = binding["subjects"]
    assert (subject["name"], subject["namespace"]) == (
        account["metadata"]["name"], account["metadata"]["namespace"],
    )  # fmt: skip
    (settings,) = of_kind("namespaced", "ConfigMap")
    assert settings["data"]["WORKBENCH_NAMESPACE"] == role["metadata"]["namespace"]


def test_the_change_role_reaches_no_secret_role_or_shell() -> None:
    refused = {"secrets", "clusterroles", "roles", "pods/exec", "serviceaccounts/token", "*"}
    roles = of_kind("with-changes", "ClusterRole")
    (change,) = (role for role in roles if role["metadata"]["name"] == "k8s-workbench-change")
    for rule in change["rules"]:
        assert not refused & set(rule["resources"])
        assert "*" not in rule["verbs"]


@pytest.fixture(scope="module")
def components(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The base with every component that may be added."""
    return built_with(tmp_path_factory.mktemp("kustomize"), *COMPONENTS)


def built_with(folder: Path, *components: str) -> list[dict[str, Any]]:
    """The base with components, from an overlay in that folder."""
    (folder / "kustomization.yaml").write_text(
        yaml.safe_dump(
            {
                "resources": [os.path.relpath(DEPLOY / "base", folder)],
                "components": [
                    os.path.relpath(DEPLOY / "components" / name, folder) for name in components
                ],
            }
        )
    )
    command = ["kubectl", "kustomize", str(folder)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return list(yaml.safe_load_all(text))


def test_components_are_valid_beside_the_base(components: list[dict[str, Any]]) -> None:
    for found in components:
        if found["apiVersion"].partition("/")[0] not in OPERATORS:
            kubernetes_validate.validate(found, VERSIONS[-1], strict=True)


def test_with_the_proxy_beside_it_everybody_comes_through_the_proxy(tmp_path: Path) -> None:
    found = built_with(tmp_path, "monitoring", "oauth2-proxy")
    for one in found:
        if one["apiVersion"].partition("/")[0] not in OPERATORS:
            kubernetes_validate.validate(one, VERSIONS[-1], strict=True)
    (pod,) = (
        o["spec"]["template"]["spec"] for o in found
        if o["kind"] == "Deployment" and o["metadata"]["name"] == "k8s-workbench"
    )  # fmt: skip
    careful(pod)
    server, proxy = pod["containers"]
    (port,) = proxy["ports"]
    assert server["ports"][0]["name"] != port["name"] == "http"  # where the Service leads
    (config,) = (o["data"] for o in found if o["kind"] == "ConfigMap" and
                 "WORKBENCH_HOST" in o.get("data", {}))  # fmt: skip
    assert config["WORKBENCH_TRUSTED_PROXIES"] == config["WORKBENCH_HOST"] == "127.0.0.1"
    (open_paths,) = (a for a in proxy["args"] if a.startswith("--skip-auth-route="))
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = server[probe]["httpGet"]
        assert asked["port"] == port["containerPort"]
        assert re.search(open_paths.partition("=")[2], asked["path"])
    assert f"--http-address=0.0.0.0:{port['containerPort']}" in proxy["args"]
    assert f"--upstream=http://127.0.0.1:{config['WORKBENCH_PORT']}" in proxy["args"]


def test_only_those_who_are_named_can_be_impersonated(components: list[dict[str, Any]]) -> None:
    (role,) = (
        o for o in components
        if o["kind"] == "ClusterRole" and o["metadata"]["name"] == "k8s-workbench-impersonate"
    )  # fmt: skip
    rules = msgspec.convert(role, ClusterRole).rules
    (settings,) = of_kind("production", "ConfigMap")
    for group in json.loads(settings["data"]["WORKBENCH_ROLES"]):
        assert allows(rules, Wanted("impersonate", "groups", name=group))
    anybody = [("users", ""), ("users", "mallory"), ("users", "system:kube-controller-manager"),
               ("groups", ""), ("groups", "system:masters"), ("serviceaccounts", "default"),
               ("uids", "0")]  # fmt: skip
    for resource, name in anybody:
        assert not allows(rules, Wanted("impersonate", resource, name=name)), (resource, name)
        assert not allows(rules, Wanted("get", resource, name=name))
    for rule in rules:
        assert rule.resource_names
        assert not any(name.startswith(OF_THE_SYSTEM) for name in rule.resource_names)
    (config,) = (o for o in components if o["kind"] == "ConfigMap" and "data" in o
                 and "WORKBENCH_IMPERSONATE" in o["data"])  # fmt: skip
    assert config["data"]["WORKBENCH_IMPERSONATE"] == "true"


def test_what_is_done_by_the_clock_is_as_careful_and_is_a_command(
    components: list[dict[str, Any]],
) -> None:
    jobs = [o["spec"]["jobTemplate"]["spec"] for o in components if o["kind"] == "CronJob"]
    assert len(jobs) == 3
    for job in jobs:
        careful(pod := job["template"]["spec"])
        (container,) = pod["containers"]
        assert pod["automountServiceAccountToken"] == (container["args"][0] == "run")
        command: click.Command = root
        for depth, word in enumerate(container["args"]):
            if not isinstance(command, click.Group):
                command.make_context(word, container["args"][depth:])
                break
            found = command.get_command(click.Context(command), word)
            assert found is not None, word
            command = found


def test_workers_are_scaled_by_what_the_server_counts(components: list[dict[str, Any]]) -> None:
    (scaler,) = (o for o in components if o["kind"] == "HorizontalPodAutoscaler")
    (metric,) = (m["external"]["metric"] for m in scaler["spec"]["metrics"])
    metrics = Metrics()
    metrics.queue(Depth(queued=7, running=0, waited=0.0))
    labels = metric["selector"]["matchLabels"]
    assert metrics.registry.get_sample_value(metric["name"], labels) == 7
    adapter = DEPLOY / "components" / "queue-scaling" / "prometheus-adapter.yaml"
    (rule,) = yaml.safe_load(adapter.read_text())["rules"]["external"]
    assert rule["seriesQuery"].partition("{")[0] == metric["name"]
    assert rule["metricsQuery"].endswith(f"by ({', '.join(labels)})")


@pytest.mark.parametrize("component", ["queue-scaling", "worker-scaling"])
def test_what_an_autoscaler_chose_is_not_set_back_by_the_next_apply(
    component: str, tmp_path: Path
) -> None:
    found = built_with(tmp_path, component)
    (scaler,) = (o for o in found if o["kind"] == "HorizontalPodAutoscaler")
    (scaled,) = (
        o["spec"] for o in found
        if o["kind"] == scaler["spec"]["scaleTargetRef"]["kind"]
        and o["metadata"]["name"] == scaler["spec"]["scaleTargetRef"]["name"]
    )  # fmt: skip
    assert "replicas" not in scaled


def held_against_their_operators(objects: list[dict[str, Any]]) -> str:
    """What the schemas that CloudNativePG and the Prometheus operator publish have against them."""
    if shutil.which("node") is None or not (NPM / "node_modules" / "@kubernetes-models").is_dir():
        pytest.skip("the operators' schemas are not installed (scripts/npm-test-tools)")
    theirs = [o for o in objects if o["apiVersion"].partition("/")[0] in OPERATORS]
    assert {o["apiVersion"].partition("/")[0] for o in theirs} == set(OPERATORS)
    done = subprocess.run(
        ["node", NPM / "operators.mjs"],
        input=json.dumps(theirs), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_what_other_operators_read_is_valid_as_they_say(components: list[dict[str, Any]]) -> None:
    assert held_against_their_operators(components) == ""


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        ("Cluster", {"instances": "3"}, "data/spec/instances must be integer"),
        ("Cluster", {"storage": {"siez": "20Gi"}}, "no field spec.storage.siez"),
        ("ServiceMonitor", {"endpoint": []}, "no field spec.endpoint"),
    ],
)
def test_what_another_operator_would_not_read_is_told(
    components: list[dict[str, Any]], kind: str, wrong: dict[str, Any], said: str
) -> None:
    changed = [
        {**o, "spec": {**o["spec"], **wrong}} if o["kind"] == kind else o for o in components
    ]
    assert said in held_against_their_operators(changed)


def test_whatever_needs_the_database_has_its_address_from_the_operator(
    components: list[dict[str, Any]],
) -> None:
    (cluster,) = (o for o in components if o["kind"] == "Cluster")
    for found in components:
        if found["kind"] in ("Deployment", "Job", "CronJob"):
            job = found["spec"].get("jobTemplate", found)["spec"]
            env = job["template"]["spec"]["containers"][0]["env"]
            (address,) = (e for e in env if e["name"] == "DATABASE_URL")
            secret = address["valueFrom"]["secretKeyRef"]
            assert secret == {"name": f"{cluster['metadata']['name']}-app", "key": "uri"}


def test_what_is_scraped_is_there(components: list[dict[str, Any]]) -> None:
    (monitor,) = (o for o in components if o["kind"] == "ServiceMonitor")
    (endpoint,) = monitor["spec"]["endpoints"]
    service = next(
        o for o in components if o["kind"] == "Service" and o["metadata"]["name"] == "k8s-workbench"
    )
    labels = monitor["spec"]["selector"]["matchLabels"]
    assert labels.items() <= service["metadata"]["labels"].items()
    assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
    assert endpoint["path"] == "/metrics"


def test_the_dashboard_shows_what_is_counted(components: list[dict[str, Any]]) -> None:
    (board,) = (o for o in components if o["metadata"]["name"] == "k8s-workbench-dashboard")
    panels = json.loads(board["data"]["dashboard.json"])["panels"]
    asked = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in re.findall(r"workbench_[a-z_]+", target["expr"])
    }
    source = (DEPLOY.parent / "workbench" / "api" / "metrics.py").read_text()
    counted = {m.name for m in Metrics().registry.collect()}
    counted |= set(re.findall(r'"(workbench_[a-z_]+)"', source))
    for name in asked:
        assert re.sub(r"_(total|bucket)$", "", name) in counted, name


def test_the_hub_is_told_to_the_server_as_it_reads_it() -> None:
    server = next(
        d for d in of_kind("hub", "Deployment") if d["metadata"]["name"] == "k8s-workbench"
    )
    env = server["spec"]["template"]["spec"]["containers"][0]["env"]
    given = {e["name"]: e.get("value", "") for e in env}
    hub = Hub.told({**given, "JUPYTERHUB_API_TOKEN": "from the Secret"})
    values = yaml.safe_load((DEPLOY / "jupyterhub" / "values.yaml").read_text())
    (name,) = values["hub"]["services"]
    assert hub.client_id == f"service-{name}"
    gateway = values["singleuser"]["extraEnv"]["WORKBENCH_GATEWAY"]
    assert gateway.endswith(hub.service_prefix)
    assert f"access:services!service={name}" in values["hub"]["loadRoles"]["user"]["scopes"]
    (settings,) = of_kind("hub", "ConfigMap")
    assert gateway.split("/")[2] in settings["data"]["WORKBENCH_ALLOWED_HOSTS"].split(",")


def test_the_hub_and_its_proxy_may_talk_with_the_server() -> None:
    values = yaml.safe_load((DEPLOY / "jupyterhub" / "values.yaml").read_text())
    pod = deployment("hub", "k8s-workbench")["spec"]["template"]
    (namespace,) = of_kind("hub", "Namespace")
    asks = values["hub"]["networkPolicy"]["ingress"][0]
    comes = values["proxy"]["chp"]["networkPolicy"]["egress"][0]
    for (peer,) in (asks["from"], comes["to"]):
        named = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        assert named == namespace["metadata"]["name"]
        labels = pod["metadata"]["labels"]
        assert peer["podSelector"]["matchLabels"].items() <= labels.items()
    (container,) = pod["spec"]["containers"]
    given = {e["name"]: e.get("value", "") for e in container["env"]}
    assert f":{asks['ports'][0]['port']}/" in given["JUPYTERHUB_API_URL"]
    assert comes["ports"][0]["port"] == container["ports"][0]["containerPort"]


def test_the_hub_starts_a_notebook_server_with_a_command_of_ours() -> None:
    values = yaml.safe_load((DEPLOY / "jupyterhub" / "values.yaml").read_text())["singleuser"]
    program, name = values["cmd"]
    assert program == "workbench"
    assert root.get_command(click.Context(root), name) is not None
    assert values["uid"] == values["fsGid"] == 10001  # as the image has it
    home = values["storage"]["homeMountPath"]
    assert values["extraEnv"]["HOME"] == home
    assert values["extraEnv"]["WORKBENCH_DATA_DIR"].startswith(home)
    assert values["serviceAccountName"] is None


def test_the_server_answers_to_the_name_that_its_ingress_has() -> None:
    (settings,) = of_kind("production", "ConfigMap")
    (ingress,) = of_kind("production", "Ingress")
    data = settings["data"]
    known = hosts(data["WORKBENCH_HOST"], data["WORKBENCH_ALLOWED_HOSTS"].split(","), ())
    assert {rule["host"] for rule in ingress["spec"]["rules"]} <= set(known)
    assert {name for tls in ingress["spec"]["tls"] for name in tls["hosts"]} <= set(known)


def test_no_password_stands_in_what_production_runs() -> None:
    assert not of_kind("production", "Secret") + of_kind("hub", "Secret")
