"""Which rule a denied request lacks: the roles bound to the account, and how near they come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from workbench.analyzers.presence import looked_at
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import (
    ClusterRole,
    ClusterRoleBinding,
    Role,
    RoleBinding,
    TypedReference,
)
from workbench.core.objects.access import PolicyRule

_DENIED = re.compile(
    r"User \\?\"(?P<user>[^\"\\]+)\\?\" cannot (?P<verb>\w+) "
    r"resource \\?\"(?P<resource>[^\"\\]+)\\?\""
    r"(?: in API group \\?\"(?P<group>[^\"\\]*)\\?\")?"
    r"(?: in the namespace \\?\"(?P<namespace>[^\"\\]+)\\?\"| at the cluster scope)?"
)


class Denial(msgspec.Struct, frozen=True):
    """What the API server refused, in its own words taken apart; namespace "" is cluster scope."""

    user: str
    verb: str
    resource: str
    group: str = ""
    namespace: str = ""

    @property
    def account(self) -> tuple[str, str]:
        """Namespace and name of the ServiceAccount; empty for other users."""
        words = self.user.split(":")
        return (words[2], words[3]) if self.user.startswith("system:serviceaccount:") else ("", "")


def denial(text: str) -> Denial | None:
    """The refusal in a log line, event or condition; None when it holds none."""
    found = _DENIED.search(text)
    if found is None:
        return None
    names = {key: value or "" for key, value in found.groupdict().items()}
    return Denial(**names)


def missing_rule(snapshot: ClusterSnapshot, refused: Denial) -> tuple[str, tuple[ObjectRef, ...]]:
    """Why it was refused, as the end of a sentence, and the roles and bindings concerned."""
    if not (looked_at(snapshot, RoleBinding) and looked_at(snapshot, Role)):
        return "", ()
    bound = list(_bound(snapshot, refused))
    where = f" in namespace {refused.namespace}" if refused.namespace else " in the whole cluster"
    if not bound:
        near, refs = _near_miss(snapshot, refused)
        return f"no binding gives its account a role{where}" + (f": {near}" if near else ""), refs
    for binding, ref in bound:
        role = snapshot.find(ref)
        if role is None:
            return f"{binding} names {ref.kind} {ref.name}, which does not exist", (binding, ref)
        for rule in getattr(role, "rules", ()):
            if _near(rule, refused):
                return f"{ref.kind} {ref.name} allows it only {_says(rule)}", (binding, ref)
    names = ", ".join(dict.fromkeys(f"{ref.kind} {ref.name}" for _, ref in bound))
    return f"{names}, bound to it, has no rule for {refused.resource}", bound[0]


def _bound(snapshot: ClusterSnapshot, refused: Denial) -> Iterator[tuple[ObjectRef, ObjectRef]]:
    """Bindings of the account that count in the namespace, with the role that each one names."""
    home, name = refused.account
    bindings: list[RoleBinding | ClusterRoleBinding] = [*snapshot.all(ClusterRoleBinding)]
    if refused.namespace:
        bindings += snapshot.all(RoleBinding, refused.namespace)
    for one in sorted(bindings, key=lambda b: (b.kind, b.name)):
        for subject in one.subjects:
            if _is_meant(subject, one.namespace, home, name):
                kind = one.role_ref.kind or ClusterRole.KIND
                space = one.namespace if kind == Role.KIND else ""
                yield ObjectRef.of(one), ObjectRef(kind, space, one.role_ref.name)


def _is_meant(subject: TypedReference, namespace: str, home: str, name: str) -> bool:
    """Whether the subject is the account, by name, by its user name or through its groups."""
    if subject.kind == "ServiceAccount":
        return (subject.namespace or namespace, subject.name) == (home, name)
    if subject.kind == "User":
        return subject.name == f"system:serviceaccount:{home}:{name}"
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{home}", "system:authenticated")
    return bool(name) and subject.kind == "Group" and subject.name in groups


def _near_miss(snapshot: ClusterSnapshot, refused: Denial) -> tuple[str, tuple[ObjectRef, ...]]:
    """A binding that seems to have been meant for the account and misses it."""
    home, name = refused.account
    bindings: list[RoleBinding | ClusterRoleBinding] = [*snapshot.all(ClusterRoleBinding)]
    bindings += snapshot.all(RoleBinding)
    for one in sorted(bindings, key=lambda b: (b.namespace != refused.namespace, b.kind, b.name)):
        for subject in one.subjects:
            there = subject.namespace or one.namespace
            if not name or subject.name != name:
                continue
            if subject.kind != "ServiceAccount":
                says = f"names a {subject.kind} {name} and not the ServiceAccount"
            elif there != home:
                says = (
                    f"names ServiceAccount {name} of namespace {there}, and this one is of {home}"
                )
            else:
                says = f"gives it {one.role_ref.kind} {one.role_ref.name} only in {one.namespace}"
            return f"{one.kind} {one.name} {says}", (ObjectRef.of(one),)
    return "", ()


def _near(rule: PolicyRule, refused: Denial) -> bool:
    resources = {r.split("/")[0] for r in rule.resources}
    return refused.resource.split("/")[0] in resources or "*" in resources


def _says(rule: PolicyRule) -> str:
    on = f" on {', '.join(rule.resources)}"
    group = f" in API group {', '.join(g or 'core' for g in rule.api_groups)}"
    named = f" named {', '.join(rule.resource_names)}" if rule.resource_names else ""
    return f"to {', '.join(rule.verbs)}{on}{named}{group}"


class Wanted(msgspec.Struct, frozen=True):
    """A request as an RBAC authorizer sees it. ``resource`` may name a subresource
    (``pods/exec``); with ``url`` it is about a path that is no resource."""

    verb: str
    resource: str = ""
    group: str = ""
    name: str = ""
    url: str = ""


def allows(rules: Iterable[PolicyRule], wanted: Wanted) -> bool:
    """Whether one of the rules grants the request (Kubernetes documentation, Using RBAC
    Authorization): rules only add, and nothing that is not named is granted."""
    return any(_grants(rule, wanted) for rule in rules)


def _grants(rule: PolicyRule, wanted: Wanted) -> bool:
    if not {wanted.verb, "*"} & set(rule.verbs):
        return False
    if wanted.url:
        return any(_covers(url, wanted.url) for url in rule.non_resource_urls)
    if not {wanted.group, "*"} & set(rule.api_groups):
        return False
    if rule.resource_names and wanted.name not in rule.resource_names:
        return False
    _, slash, below = wanted.resource.partition("/")
    named = {wanted.resource, "*"} | ({f"*/{below}"} if slash else set())
    return bool(named & set(rule.resources))


def _covers(granted: str, url: str) -> bool:
    if granted.endswith("*"):
        return url.startswith(granted[:-1])
    return granted == url
