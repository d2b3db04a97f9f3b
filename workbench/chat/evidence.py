"""A recorded call as the drawer shows it, and as a step opens to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from workbench.chat.elements import button, facts, node, region
from workbench.core.characters import bounded, one_line
from workbench.core.evidence import Evidence
from workbench.core.render.card import duration
from workbench.core.render.html import NOTHING, Html
from workbench.core.render.table import table
from workbench.store.record import Broken, Root

EXCERPT = 3_000
"""Characters of a result that a step opens to."""
WHOLE = 400_000
"""Characters of a result that the drawer shows; the rest is in the record."""
ROWS_MOST = 1_000


def opened(evidence: Evidence, investigation: str) -> Html:
    """The whole of it: arguments, what came back as a table or as text, time and digest."""
    tables = [node("h3", name) + table_of for name, table_of in _tables(evidence.data)]
    shown = [Html(part) for part in tables] or [_text(evidence, WHOLE)]
    return node(
        "article",
        node("h2", evidence.label, " ", node("code", one_line(evidence.tool))),
        _about(evidence, investigation),
        node("div", button("Verify the record", do="verify", class_="second"), class_="tools"),
        region("verified", aria_live="polite"),
        node("h3", "Arguments"),
        node("pre", arguments(evidence.arguments) if evidence.arguments else "none"),
        *_error(evidence),
        node("h3", "Result"),
        *shown,
        data_inv=investigation,
    )


def excerpt(evidence: Evidence, investigation: str) -> Html:
    """What a step opens to: arguments and the beginning and end of the result."""
    whole = button("All of it", do="evidence", data_evidence=evidence.label)
    digest = node("span", f"sha256 {evidence.sha256[:16]}") if evidence.sha256 else NOTHING
    return node(
        "div",
        node("pre", arguments(evidence.arguments)) if evidence.arguments else NOTHING,
        *_error(evidence),
        _text(evidence, EXCERPT),
        node("div", whole, digest, class_="tools"),
        data_inv=investigation,
    )


def verified(investigation: str, root: Root, broken: Broken | None) -> Html:
    """Whether the record of an investigation is as it was written."""
    if broken is None:
        words = f"All {root.events} events of {investigation} are as they were written."
        end = node("span", f" The last one's hash is {root.hash}.", class_="dim")
        return node("p", node("b", words, class_="is-complete"), end)
    words = f"Event {broken.event} of {investigation} is not as it was written: {broken.problem}."
    return node("p", node("b", words, class_="is-failed"))


def arguments(given: dict[str, Any]) -> str:
    """Arguments as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(given), indent=2).decode()


def _about(evidence: Evidence, investigation: str) -> Html:
    took = "" if evidence.duration_ms is None else duration(evidence.duration_ms)
    return facts(
        (
            ("Outcome", evidence.outcome.value),
            ("When", f"{evidence.at:%Y-%m-%d %H:%M:%S %Z}"),
            ("Took", took),
            ("Cluster", one_line(evidence.cluster)),
            ("Recorded in", investigation),
            ("sha256", evidence.sha256),
        )
    )


def _error(evidence: Evidence) -> Iterator[Html]:
    if evidence.error:
        yield node("p", node("strong", one_line(evidence.error, 2_000)), class_="sure")


def _text(evidence: Evidence, limit: int) -> Html:
    return node("pre", bounded(evidence.text, limit)) if evidence.text else NOTHING


def _tables(data: Any) -> Iterator[tuple[str, Html]]:
    """The tables an answer is made of: itself, or the ones it has under names."""
    if not isinstance(data, dict):
        return
    if _is_table(data):
        yield "Table", _table(data)
        return
    for name, part in data.items():
        if _is_table(part):
            yield one_line(str(name), 80), _table(part)


def _is_table(data: Any) -> bool:
    return (
        isinstance(data, dict)
        and isinstance(data.get("columns"), list)
        and isinstance(data.get("rows"), list)
        and all(isinstance(c, dict) and "name" in c for c in data["columns"])
    )


def _table(data: dict[str, Any]) -> Html:
    names = [str(c["name"]) for c in data["columns"]]
    numeric = frozenset(
        str(c["name"]) for c in data["columns"] if c.get("type") in ("int", "float")
    )
    rows = [[str(n), *_cells(row, len(names))] for n, row in enumerate(data["rows"][:ROWS_MOST])]
    return table(names, rows, numeric=numeric, total=len(data["rows"]))


def _cells(row: Any, width: int) -> Sequence[str]:
    values = list(row)[:width] if isinstance(row, list) else [row]
    said = ["" if v is None else str(v) for v in values]
    return [*said, *[""] * (width - len(said))]
