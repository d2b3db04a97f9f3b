"""Who may do what, decided in one place: rules in order, the first that matches decides.

A rule that allows must match for certain; one that asks or refuses also matches what may be meant.
So a namespace that is not named is inside no ``allow`` rule and inside every ``refuse`` rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from workbench.core.kinds import CLUSTER_SCOPED, OWN_KINDS, kind_name
from workbench.core.tools import CallContext, ToolSpec
from workbench.errors import SettingsError

READ, CHANGE, DELETE = "read", "change", "delete"
ROLE = "operator"
"""The role of a person for whom nobody named another."""
CLUSTER_SERVER = "kube"
"""The server that reaches the cluster. No rule lets a change through it without a person."""
_DELETING = ("delete", "remove", "evict", "drain", "destroy", "uninstall")
_IMPLIED = {"delete_pod": "Pod", "logs": "Pod", "cordon": "Node", "uncordon": "Node"}
_KIND = ("kind", "resource", "resource_type", "resourceType")
_NAMESPACE = ("namespace", "ns", "namespaces")
_FIELDS = ("role", "server", "tool", "verb", "kind", "namespace", "context")


class Decision(Enum):
    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


class Verdict(msgspec.Struct, frozen=True):
    """What was decided, and the rule that decided it."""

    decision: Decision
    rule: str


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """A call as rules see it: for each field the values it surely has.

    None means that it cannot be told, an empty tuple that the field does not apply.
    """

    role: tuple[str, ...] | None
    server: tuple[str, ...] | None
    tool: tuple[str, ...] | None
    verb: tuple[str, ...] | None
    kind: tuple[str, ...] | None = ()
    namespace: tuple[str, ...] | None = ()
    context: tuple[str, ...] | None = None

    @property
    def reads(self) -> bool:
        return self.verb == (READ,)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One ``[[policy.rules]]``: what it decides, and shell patterns for what it is about.

    A field without patterns matches anything. ``number`` counts from 1 in the file.
    """

    effect: Decision
    number: int = 0
    name: str = ""
    role: tuple[str, ...] = ()
    server: tuple[str, ...] = ()
    tool: tuple[str, ...] = ()
    verb: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    namespace: tuple[str, ...] = ()
    context: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = f" ({self.name})" if self.name else ""
        given = [f"{f}={','.join(p)}" for f in _FIELDS if (p := getattr(self, f))]
        return f"rule {self.number}{named}: {self.effect.value} {' '.join(given) or 'everything'}"

    def mismatch(self, deed: Deed) -> str:
        """The first field that keeps the rule from matching; "" when it matches."""
        sure = self.effect is Decision.ALLOW
        fields = ((f, getattr(self, f), getattr(deed, f)) for f in _FIELDS)
        return next((f for f, ps, vs in fields if ps and not _matches(f, ps, vs, sure)), "")


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Rules, and what holds where none matches: reading is allowed and changing refused, or asked
    about where the cluster's own change tools are on."""

    rules: tuple[Rule, ...] = ()
    role: str = ROLE
    changes: bool = False
    context: str = ""

    def judge(self, tool: ToolSpec, arguments: Mapping[str, Any], context: CallContext) -> Verdict:
        """What is decided about a call, by the first rule that matches."""
        return self.decide(deed(tool, arguments, context.role or self.role, self.context))

    def decide(self, done: Deed) -> Verdict:
        rule = next((r for r in self.rules if not r.mismatch(done)), None)
        if rule is None:
            return self._default(done)
        if rule.effect is Decision.ALLOW and not done.reads and done.server == (CLUSTER_SERVER,):
            return Verdict(
                Decision.ASK, f"{rule}; a change to the cluster needs a person all the same"
            )
        return Verdict(rule.effect, str(rule))

    def _default(self, done: Deed) -> Verdict:
        if done.reads:
            return Verdict(Decision.ALLOW, "default: read-only tools are allowed")
        if self.changes and done.server == (CLUSTER_SERVER,):
            return Verdict(Decision.ASK, "default: a change to the cluster needs a person")
        return Verdict(Decision.REFUSE, "default: it may change the cluster and changes are off")


READ_ONLY = Policy()
"""The policy of a default installation."""


def deed(tool: ToolSpec, arguments: Mapping[str, Any], role: str, context: str) -> Deed:
    """The call as rules see it.

    A tool that nobody vouched for counts as changing things (see ToolSpec.read_only), and what its
    arguments do not say cannot be told.
    """
    kind: tuple[str, ...] | None
    if tool.remote_name in _IMPLIED:
        kind = (_IMPLIED[tool.remote_name],)
    else:
        words = _named(tool, arguments, _KIND)
        kind = tuple(kind_name(w) for w in words) if words else words
    namespace = _named(tool, arguments, _NAMESPACE)
    if kind and CLUSTER_SCOPED.issuperset(kind):
        namespace = ()
    return Deed(
        role=(role,),
        server=(tool.server,),
        tool=(tool.name, tool.remote_name),
        verb=(_verb(tool),),
        kind=kind,
        namespace=namespace,
        context=(context,) if context else None,
    )


def _verb(tool: ToolSpec) -> str:
    if tool.read_only:
        return READ
    return DELETE if any(word in tool.remote_name.lower() for word in _DELETING) else CHANGE


def _named(
    tool: ToolSpec, arguments: Mapping[str, Any], spellings: Iterable[str]
) -> tuple[str, ...] | None:
    """What the arguments name; None when they could and do not, () when the tool takes none."""
    properties = tool.input_schema.get("properties") or {}
    values = [arguments[s] for s in spellings if arguments.get(s)]
    flat = [v for value in values for v in (value if isinstance(value, list | tuple) else [value])]
    if flat:
        return tuple(str(v) for v in flat)
    takes = any(s in properties for s in spellings)
    return None if takes or not tool.read_only else ()


def _matches(
    field: str, patterns: tuple[str, ...], values: tuple[str, ...] | None, sure: bool
) -> bool:
    if patterns == ("*",):
        return True
    if values is None:
        return not sure
    found = [any(_fits(field, v, p, sure) for p in patterns) for v in values]
    # A tool has two names, and one of them is enough; of several namespaces ``allow`` needs each.
    return bool(found) and all(found) if sure and field != "tool" else any(found)


def _fits(field: str, value: str, pattern: str, sure: bool) -> bool:
    if field == "kind" and not sure and not {value, pattern} & OWN_KINDS:
        return True  # a custom kind has names that only its cluster knows
    return fnmatchcase(value, pattern)


def parse_policy(
    tree: Any, *, role: str = ROLE, changes: bool = False, context: str = ""
) -> Policy:
    """The ``[policy]`` table of a settings file.

    Raises SettingsError with one line that names the rule and what is wrong with it.
    """
    if not isinstance(tree, Mapping) or tree.keys() - {"rules"}:
        extra = f": {', '.join(map(str, tree))}" if isinstance(tree, Mapping) else ""
        raise _unusable(f"[policy] holds [[policy.rules]] and nothing else{extra}")
    rules = tree.get("rules", [])
    if not isinstance(rules, list | tuple):
        raise _unusable("policy.rules is no list; write each rule as [[policy.rules]]")
    parsed = tuple(_rule(number, rule) for number, rule in enumerate(rules, 1))
    return Policy(rules=parsed, role=role, changes=changes, context=context)


def _rule(number: int, tree: Any) -> Rule:
    where = f"policy rule {number}"
    if not isinstance(tree, Mapping):
        raise _unusable(f"{where} is no table")
    unknown = sorted(tree.keys() - {"effect", "name", *_FIELDS})
    if unknown:
        raise _unusable(
            f"{where} has the unknown field {unknown[0]!r}; "
            f"fields are effect, name, {', '.join(_FIELDS)}"
        )
    effects = {d.value: d for d in Decision}
    effect = tree.get("effect")
    if not isinstance(effect, str) or effect not in effects:
        raise _unusable(f"{where} has the effect {effect!r}; it must be allow, ask or refuse")
    name = tree.get("name", "")
    if not isinstance(name, str):
        raise _unusable(f"{where} has a name that is no text")
    patterns = {f: _patterns(where, f, tree[f]) for f in _FIELDS if f in tree}
    rule = Rule(effect=effects[effect], number=number, name=name, **patterns)
    _check(where, rule)
    return rule


def _patterns(where: str, field: str, given: Any) -> tuple[str, ...]:
    several = [given] if isinstance(given, str) else given
    if not isinstance(several, list | tuple) or not several:
        raise _unusable(f"{where}: {field} must be text or a list of texts")
    if not all(isinstance(p, str) and p.strip() for p in several):
        raise _unusable(f"{where}: {field} holds something that is no text")
    if field == "kind":
        return tuple(kind_name(p) for p in several)
    return tuple(several)


def _check(where: str, rule: Rule) -> None:
    verbs = {READ, CHANGE, DELETE}
    wrong = next((v for v in rule.verb if v not in verbs), None)
    if wrong:
        raise _unusable(f"{where} has the verb {wrong!r}; verbs are read, change and delete")
    if rule.effect is Decision.ALLOW and rule.verb != (READ,) and not (rule.server and rule.tool):
        raise _unusable(
            f"{where} allows more than reading; name the server and the tool it is about, "
            'or add verb = "read"'
        )


def _unusable(problem: str) -> SettingsError:
    return SettingsError(f"{problem}.", "See `workbench policy show` and docs/policy.md.")


Judge = Callable[[ToolSpec, Mapping[str, Any], CallContext], Verdict]
