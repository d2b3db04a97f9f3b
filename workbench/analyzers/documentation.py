"""``docs/findings.md`` from the catalogue: ``python -m workbench.analyzers.documentation``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.analyzers.codes import cluster, networking, pods, storage, usage, workloads
from workbench.analyzers.codes.entry import Entry

AREAS = {
    "Pods": pods.CODES,
    "Workloads": workloads.CODES,
    "Networking": networking.CODES,
    "Storage": storage.CODES,
    "Cluster": cluster.CODES,
    "Usage": usage.CODES,
}

INTRODUCTION = """\
# Findings

Every code the analyzers raise: how bad it is by default, what it means and what to do. This page is
generated from the catalogue. Placeholders in braces are filled in from the finding.
"""


def findings_page() -> str:
    """The whole page as Markdown."""
    parts = [INTRODUCTION]
    for title, codes in AREAS.items():
        parts.append(f"\n## {title}\n")
        for code, entry in codes.items():
            parts.append("\n".join(_section(code, entry)) + "\n")
    return "\n".join(parts)


def _section(code: str, entry: Entry) -> Iterator[str]:
    yield f"### {code}"
    yield ""
    yield f"**{entry.title}** ({entry.severity.word}). {entry.meaning}"
    yield ""
    yield from (f"- `{s}`" if s.startswith("kubectl") else f"- {s}" for s in entry.next_steps)


if __name__ == "__main__":
    Path("docs/findings.md").write_text(findings_page())
