"""Findings in the order to look at them: likely root causes first.

What nothing explains is a root cause; a ring of findings that only explain each other is cut at
the one that began first.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from workbench.analyzers.logs.relays import blames_others, for_clients
from workbench.analyzers.ranking.causes import reasons
from workbench.analyzers.ranking.roles import CONSEQUENCES, REPORTS
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Finding, Severity


def ranked(snapshot: ClusterSnapshot, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings, likeliest root cause first, with ``root_cause`` and ``explains`` filled in."""
    why = reasons(snapshot, findings)
    effects: dict[int, list[int]] = defaultdict(list)
    for effect, causes in why.items():
        for cause in causes:
            effects[cause].append(effect)
    roots = _roots(findings, why, effects)
    judged = [_judged(findings, n, roots, effects) for n in range(len(findings))]
    depth = _depths(roots, effects)
    order = sorted(range(len(judged)), key=lambda n: _rank(judged, n, depth, effects))
    return tuple(judged[n] for n in order)


def _roots(
    findings: Sequence[Finding], why: dict[int, list[int]], effects: dict[int, list[int]]
) -> list[int]:
    roots = [n for n in range(len(findings)) if not why[n]]
    covered = _reachable(roots, effects)
    rest = sorted(
        (n for n in range(len(findings)) if n not in covered),
        key=lambda n: (findings[n].code in CONSEQUENCES, _since(findings[n])),
    )
    for n in rest:
        if n not in covered:
            roots.append(n)
            covered |= _reachable([n], effects)
    return roots


def _reachable(starts: Iterable[int], effects: dict[int, list[int]]) -> set[int]:
    found: set[int] = set()
    queue = list(starts)
    while queue:
        n = queue.pop()
        if n not in found:
            found.add(n)
            queue += effects.get(n, ())
    return found


def _judged(
    findings: Sequence[Finding], n: int, roots: list[int], effects: dict[int, list[int]]
) -> Finding:
    one = findings[n]
    is_root = n in set(roots)
    below = _reachable([n], effects) - {n} if is_root else set(effects.get(n, ()))
    if not is_root:
        below -= set(roots)
    severity = one.severity
    if not is_root and (one.code in REPORTS or for_clients(one)):
        severity = Severity.INFO
    harm = any(findings[m].severity > Severity.INFO for m in _reachable([n], effects))
    if one.severity == Severity.INFO and harm and one.code not in REPORTS:
        severity = Severity.WARNING
    return msgspec.structs.replace(
        one,
        severity=severity,
        root_cause=is_root and severity > Severity.INFO,
        explains=tuple(sorted(findings[m].id for m in below)),
    )


def _depths(roots: list[int], effects: dict[int, list[int]]) -> dict[int, int]:
    """How many edges each finding is away from the nearest root cause."""
    depth = dict.fromkeys(roots, 0)
    level = list(roots)
    while level:
        following = []
        for n in level:
            for m in effects.get(n, ()):
                if m not in depth:
                    depth[m] = depth[n] + 1
                    following.append(m)
        level = following
    return depth


def _rank(
    judged: Sequence[Finding], n: int, depth: dict[int, int], effects: dict[int, list[int]]
) -> tuple[object, ...]:
    """Faults before opinion, causes before symptoms; then how bad, how much it explains, how
    specific it is, and what began first."""
    one = judged[n]
    worst = max((judged[m].severity for m in _reachable([n], effects)), default=one.severity)
    weight = 3 * max(worst if one.root_cause else one.severity, one.severity) - _hearsay(one)
    return (
        one.severity == Severity.INFO,
        not one.root_cause,
        -(weight + math.log2(1 + len(one.explains))),
        depth.get(n, 99),
        one.code in CONSEQUENCES,
        _since(one),
        one.id,
    )


def _hearsay(one: Finding) -> int:
    """What a healthy container's log says of others counts less than what the cluster shows."""
    return one.code in ("LOG_ERRORS", "LOG_TREND") and blames_others(one)


def _since(one: Finding) -> float:
    return one.since.timestamp() if one.since else math.inf
