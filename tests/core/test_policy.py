from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from workbench.core.policy import READ_ONLY, Decision, Policy, parse_policy
from workbench.core.tools import CallContext, ToolSpec
from workbench.errors import SettingsError

CONTEXT = CallContext(investigation=UUID(int=1), user="ann")
OBJECT = {"properties": {"kind": {}, "name": {}, "namespace": {}}}


def tool(name: str, *, reads: bool = False, server: str = "kube", **more: Any) -> ToolSpec:
    return ToolSpec(
        name=f"{server}_{name}",
        server=server,
        remote_name=name,
        description="",
        input_schema=more.get("schema", OBJECT),
        read_only=reads,
    )


def policy(*rules: dict[str, Any], **more: Any) -> Policy:
    return parse_policy({"rules": list(rules)}, **{"context": "prod", **more})


def decide(chosen: Policy, spec: ToolSpec, role: str = "", **arguments: Any) -> Decision:
    context = CallContext(investigation=UUID(int=1), user="ann", role=role)
    return chosen.judge(spec, arguments, context).decision


def test_reading_is_allowed_and_nothing_else_by_default() -> None:
    assert decide(READ_ONLY, tool("events", reads=True)) is Decision.ALLOW
    assert decide(READ_ONLY, tool("scale")) is Decision.REFUSE
    assert decide(READ_ONLY, tool("get_pods", server="other")) is Decision.REFUSE


def test_a_verdict_names_the_rule_that_decided() -> None:
    chosen = policy({"effect": "refuse", "name": "no logs", "tool": "logs"})
    verdict = chosen.judge(tool("logs", reads=True), {}, CONTEXT)
    assert verdict.rule == "rule 1 (no logs): refuse tool=logs"
    assert READ_ONLY.judge(tool("scale"), {}, CONTEXT).rule.startswith("default: ")


def test_the_first_rule_that_matches_decides() -> None:
    chosen = policy(
        {"effect": "ask", "tool": "scale", "namespace": "shop-*"},
        {"effect": "refuse", "tool": "scale"},
    )
    assert decide(chosen, tool("scale"), kind="Deployment", namespace="shop-a") is Decision.ASK
    assert decide(chosen, tool("scale"), kind="Deployment", namespace="bank") is Decision.REFUSE


@pytest.mark.parametrize(
    ("field", "pattern", "fits", "other"),
    [
        ("namespace", "shop", {"namespace": "shop"}, {"namespace": "bank"}),
        ("kind", "deploy", {"kind": "deployments.apps"}, {"kind": "Pod"}),
        ("kind", "Secret", {"kind": "SECRETS"}, {"kind": "cm"}),
    ],
)
def test_what_is_not_said_is_in_every_refusal_and_in_no_permission(
    field: str, pattern: str, fits: dict[str, str], other: dict[str, str]
) -> None:
    reading = tool("get_resource", reads=True)
    refusing = policy({"effect": "refuse", field: pattern})
    assert decide(refusing, reading, **fits) is Decision.REFUSE
    assert decide(refusing, reading, **other) is Decision.ALLOW
    assert decide(refusing, reading) is Decision.REFUSE
    allowing = policy(
        {"effect": "allow", "verb": "read", field: pattern}, {"effect": "refuse", "verb": "read"}
    )
    assert decide(allowing, reading, **fits) is Decision.ALLOW
    assert decide(allowing, reading) is Decision.REFUSE


def test_of_several_namespaces_one_is_enough_to_refuse_and_each_is_needed_to_allow() -> None:
    diagnose = tool("diagnose", reads=True, schema={"properties": {"namespaces": {}}})
    both = {"namespaces": ["shop", "bank"]}
    assert decide(policy({"effect": "refuse", "namespace": "bank"}), diagnose, **both) is (
        Decision.REFUSE
    )
    allowing = policy(
        {"effect": "allow", "verb": "read", "namespace": "shop"}, {"effect": "refuse"}
    )
    assert decide(allowing, diagnose, **both) is Decision.REFUSE
    assert decide(allowing, diagnose, namespaces=["shop"]) is Decision.ALLOW


def test_a_custom_kind_has_names_only_its_cluster_knows() -> None:
    chosen = policy({"effect": "refuse", "kind": "Certificate"})
    reading = tool("get_resource", reads=True)
    assert decide(chosen, reading, kind="certs", namespace="x") is Decision.REFUSE
    assert decide(chosen, reading, kind="po", namespace="x") is Decision.ALLOW


def test_a_cluster_scoped_kind_is_in_no_namespace() -> None:
    chosen = policy({"effect": "refuse", "namespace": "bank"})
    assert decide(chosen, tool("get_resource", reads=True), kind="node") is Decision.ALLOW


def test_roles_contexts_and_verbs_are_told_apart() -> None:
    viewer = policy({"effect": "refuse", "role": "viewer", "verb": "read"})
    assert decide(viewer, tool("logs", reads=True), role="viewer") is Decision.REFUSE
    assert decide(viewer, tool("logs", reads=True), role="admin") is Decision.ALLOW
    prod = {"effect": "refuse", "context": "prod-*"}
    assert decide(policy(prod, context="prod-eu"), tool("logs", reads=True)) is Decision.REFUSE
    assert decide(policy(prod, context="kind"), tool("logs", reads=True)) is Decision.ALLOW
    assert decide(policy(prod, context=""), tool("logs", reads=True)) is Decision.REFUSE
    deleting = policy({"effect": "refuse", "verb": "delete"}, {"effect": "ask", "verb": "change"})
    assert decide(deleting, tool("delete_pod"), namespace="a") is Decision.REFUSE
    assert decide(deleting, tool("scale"), namespace="a") is Decision.ASK


def test_no_rule_lets_a_change_to_the_cluster_through_without_a_person() -> None:
    for rule in (
        {"effect": "allow", "server": "*", "tool": "*"},
        {"effect": "allow", "server": "kube", "tool": "scale"},
    ):
        assert decide(policy(rule), tool("scale"), kind="Deployment", namespace="a") is Decision.ASK


def test_another_servers_tool_can_be_allowed_by_name() -> None:
    chosen = policy({"effect": "allow", "server": "tickets", "tool": "open_ticket"})
    assert decide(chosen, tool("open_ticket", server="tickets")) is Decision.ALLOW
    assert decide(chosen, tool("close_ticket", server="tickets")) is Decision.REFUSE


def test_with_changes_on_the_clusters_own_tools_ask_and_others_are_refused() -> None:
    chosen = policy(changes=True)
    assert decide(chosen, tool("scale")) is Decision.ASK
    assert decide(chosen, tool("scale", server="other")) is Decision.REFUSE


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ({"rules": 3}, "policy.rules is no list"),
        ({"rule": []}, "holds [[policy.rules]] and nothing else: rule"),
        ([], "holds [[policy.rules]] and nothing else"),
        ({"rules": ["x"]}, "policy rule 1 is no table"),
        ({"rules": [{"tool": "x"}]}, "policy rule 1 has the effect None"),
        ({"rules": [{"effect": "deny"}]}, "'deny'; it must be allow, ask or refuse"),
        ({"rules": [{"effect": ["ask"]}]}, "it must be allow, ask or refuse"),
        ({"rules": [{"effect": "ask", "tol": "x"}]}, "unknown field 'tol'"),
        ({"rules": [{"effect": "ask", "tool": 3}]}, "tool must be text or a list of texts"),
        ({"rules": [{"effect": "ask", "tool": []}]}, "tool must be text or a list of texts"),
        ({"rules": [{"effect": "ask", "tool": [" "]}]}, "tool holds something that is no text"),
        ({"rules": [{"effect": "ask", "verb": "write"}]}, "verbs are read, change and delete"),
        ({"rules": [{"effect": "allow"}]}, "allows more than reading"),
        ({"rules": [{"effect": "allow", "tool": "x"}]}, "name the server and the tool"),
        ({"rules": [{"effect": "ask", "name": 1}]}, "has a name that is no text"),
    ],
)
def test_a_bad_rule_is_one_clear_line(rules: Any, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_policy(rules)
    assert says in caught.value.message
    assert "\n" not in str(caught.value)
