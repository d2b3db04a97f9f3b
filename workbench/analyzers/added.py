"""Rules that other packages add, and what their codes mean."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from workbench import plugins
from workbench.analyzers.codes.entry import Entry
from workbench.core.cluster import ClusterSnapshot, Gap
from workbench.core.findings import Finding
from workbench.plugins import Plugin, Refusal

Rule = Callable[[ClusterSnapshot, datetime], Iterable[Finding]]


class Rules(NamedTuple):
    """What a module adds."""

    rules: tuple[Rule, ...]
    codes: dict[str, Entry]


def judged(snapshot: ClusterSnapshot, now: datetime) -> tuple[list[Finding], tuple[Gap, ...]]:
    """What added rules find. One that fails was not checked: that is a gap."""
    findings, gaps = list[Finding](), list[Gap]()
    for plugin, one in _added():
        for rule in one.rules:
            made = plugins.attempt(plugin, functools.partial(_found, rule, snapshot, now))
            if isinstance(made, plugins.Broken):
                gaps.append(Gap(f"checks of plugin {plugin.name}", made.why))
            else:
                findings += made
    return findings, tuple(gaps)


@functools.cache
def codes() -> dict[str, Entry]:
    """What added codes mean."""
    return {code: entry for _, one in _added() for code, entry in one.codes.items()}


@functools.cache
def _added() -> tuple[tuple[Plugin, Rules], ...]:
    return tuple(plugins.added(plugins.ANALYZERS, _checked))


def _checked(module: object) -> Rules:
    from workbench.analyzers.catalogue import CATALOGUE  # which asks here for what it does not know

    rules, entries = getattr(module, "ANALYZERS", None), getattr(module, "CODES", None)
    if not isinstance(rules, tuple | list) or not all(map(callable, rules)):
        raise Refusal("it has no ANALYZERS, a tuple of functions.")
    if not isinstance(entries, dict) or not all(isinstance(e, Entry) for e in entries.values()):
        raise Refusal("it has no CODES, a mapping from codes to entries.")
    if taken := sorted(entries.keys() & CATALOGUE.keys()):
        raise Refusal(f"{len(taken)} of its codes are taken: {', '.join(taken[:3])}.")
    return Rules(tuple(rules), entries)


def _found(rule: Rule, snapshot: ClusterSnapshot, now: datetime) -> list[Finding]:
    made = list(rule(snapshot, now))
    if wrong := next((f for f in made if not isinstance(f, Finding)), None):
        raise Refusal(f"it found {wrong!r}, which is no Finding.")
    if strange := next((f.code for f in made if f.code not in codes()), None):
        raise Refusal(f"it found {strange}, which is none of its CODES.")
    return made
