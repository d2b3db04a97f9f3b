"""Pictures beside the numbers: usage against request and limit, an owner tree, a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.render import changes, html, markdown, usage
from workbench.core.render import owners as tree
from workbench.notebook import display, session
from workbench.notebook.labels import whose

if TYPE_CHECKING:
    import pandas as pd

MEBI = 2**20


class Picture:
    """Something drawn, in every representation; ``value`` is what it was drawn from."""

    def __init__(self, value: Any, bundle: display.Bundle, evidence: str = "") -> None:
        self.value = value
        self.evidence = evidence
        self._bundle = bundle

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        return self._bundle

    def __str__(self) -> str:
        return str(self._bundle["text/plain"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def owners(
    kind: str,
    name: str,
    *,
    namespace: str | None = None,
    context: str | None = None,
    snapshot: str | None = None,
) -> Picture:
    """Who made an object and what it made in turn, the path to what is unhealthy marked."""
    wanted = {"kind": kind, "name": name, "namespace": session._one(namespace)}
    result = session.call("owners", wanted, context, snapshot)
    words = tree.text(result.data)
    page = html.tag(
        "section", tree.html(result.data), html.tag("footer", html.chip(result.evidence)),
        class_=f"wb wb-{'failed' if tree.unhealthy(result.data) else 'complete'}",
    )  # fmt: skip
    facts = {"evidence": result.evidence, "value": result.data}
    facts["investigation"] = whose(result.evidence)
    shown = display.bundle(words, markdown.fence(words), html.styled(page), "owners", facts)
    return Picture(result.data, shown, result.evidence)


def top(
    kind: str = "pods",
    *,
    namespace: str | None = None,
    context: str | None = None,
    snapshot: str | None = None,
    selector: str = "",
    show: bool = True,
) -> pd.DataFrame:
    """CPU (cores) and memory (bytes) in use now, beside requests and limits: a DataFrame, and where
    there is a notebook to show it in, bars. ``kind`` is ``pods`` or ``nodes``.

    Raises ToolFailed where the cluster serves no metrics.
    """
    frame = session.top(
        kind, namespace=namespace, context=context, snapshot=snapshot, selector=selector
    )
    shell = display.shell()
    if show and len(frame) and getattr(shell, "kernel", None):
        shell.display_pub.publish(usage_bundle(frame))
    return frame


def usage_bundle(frame: pd.DataFrame) -> display.Bundle:
    """Bars for a frame of ``top``."""
    cpu, memory = _bars(frame, "cpu"), _bars(frame, "memory")
    page = html.joined((usage.html("CPU", cpu), usage.html("Memory", memory)))
    lines = [f"{b.name}  {b.shown}  {b.share:.0%}" for b in usage.fullest(memory)]
    words = "\n".join(["Memory, fullest first", *lines])
    return display.bundle(words, markdown.fence(words), html.styled(page), "usage", {})


def difference(before: Any, after: Any) -> Picture:
    """What is different between two texts: of two descriptions, logs, manifests or recorded
    calls."""
    lines = changes.changes(_text_of(before), _text_of(after))
    head = changes.count(lines)
    body = changes.html(lines) if lines else html.NOTHING
    page = html.tag("section", body, html.tag("footer", head), class_="wb wb-quiet")
    words = "\n".join(p for p in (changes.text(lines), head) if p)
    marked = "\n\n".join(p for p in (changes.as_markdown(lines), markdown.plain(head)) if p)
    facts = {"lines": list(lines)}
    shown = display.bundle(words, marked, html.styled(page), "difference", facts)
    return Picture(lines, shown)


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else str(getattr(value, "text", value))


def _bars(frame: pd.DataFrame, what: str) -> list[usage.Bar]:
    bars = []
    for row in frame.to_dict("records"):
        used = _number(row.get(what))
        percent = _number(row.get(f"{what}_percent"))
        request, limit = _number(row.get(f"{what}_request")), _number(row.get(f"{what}_limit"))
        if limit is None and used is not None and percent:
            limit = used * 100 / percent  # of a node: what it can give
        where = f"{row['namespace']}/" if row.get("namespace") else ""
        name = f"{where}{row.get('name', '')}"
        bars.append(
            usage.Bar(name=name, used=used, request=request, limit=limit, shown=_amount(what, used))
        )
    return bars


def _amount(what: str, used: float | None) -> str:
    if used is None:
        return "not measured"
    return f"{used:.3g} cores" if what == "cpu" else f"{used / MEBI:,.0f} MiB"


def _number(value: Any) -> float | None:
    import pandas as pd

    return None if value is None or pd.isna(value) else float(value)
