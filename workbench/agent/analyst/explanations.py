"""Which finding explains which, looked up in both directions."""

from __future__ import annotations

from collections import defaultdict

from workbench.core.findings import Finding


class Explanations:
    """The ``explains`` edges between findings, in the findings' ranked order."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self._findings = findings
        self._by_id = {f.id: f for f in findings}
        self._rank = {f.id: i for i, f in enumerate(findings)}
        self._down = {f.id: [e for e in f.explains if e in self._by_id] for f in findings}
        self._up: dict[str, list[str]] = defaultdict(list)
        for cause, effects in self._down.items():
            for effect in effects:
                self._up[effect].append(cause)

    def below(self, finding: Finding) -> tuple[Finding, ...]:
        """What the finding explains, directly or through others."""
        return self._reach(finding.id, self._down)

    def above(self, finding: Finding) -> tuple[Finding, ...]:
        """What explains the finding, directly or through others."""
        return self._reach(finding.id, self._up)

    def causes(self, finding: Finding) -> tuple[Finding, ...]:
        """The root causes that explain the finding; itself when none does.

        Without such an edge, root causes about objects the finding is related to stand in.
        """
        above = self.above(finding)
        roots = tuple(f for f in above if f.root_cause)
        if finding.root_cause or roots:
            return (*roots, finding) if finding.root_cause else roots
        if above:
            return tuple(f for f in above if not self._up[f.id]) or above[:1]
        near = set(finding.related)
        related = tuple(f for f in self._findings if f.root_cause and f.subject in near)
        return related or (finding,)

    def _reach(self, start: str, edges: dict[str, list[str]]) -> tuple[Finding, ...]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for found in edges.get(waiting.pop(), ()):
                if found not in seen and found != start:
                    seen.add(found)
                    waiting.append(found)
        return tuple(self._by_id[i] for i in sorted(seen, key=self._rank.__getitem__))
