"""What changed between two looks at a cluster, or since one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.difference import Comparison
from workbench.core.references import parse
from workbench.core.render import difference as render
from workbench.core.render import html
from workbench.errors import UsageError
from workbench.notebook import bridge, display, frames
from workbench.notebook.defaults import chosen
from workbench.notebook.labels import latest

if TYPE_CHECKING:
    import pandas as pd

    from workbench.core.engine import Engine

COLUMNS = {
    "tool": "text",
    "before": "text",
    "after": "text",
    "kind": "text",
    "path": "text",
    "was": "text",
    "is": "text",
}


class Changes(Comparison, frozen=True, kw_only=True):
    """What ``%k8s_diff`` and ``wb.diff`` return: recorded answers and how others differ."""

    @classmethod
    def of(cls, found: Comparison) -> Changes:
        return cls(before=found.before, after=found.after, differences=found.differences)

    def frame(self) -> pd.DataFrame:
        """A row a change: the call, the labels of both answers, where, what was and what is."""
        rows = [
            [
                *(one.tool, one.before.reference, one.after.reference if one.after else ""),
                *(change.kind.value, ".".join(change.path)),
                *(_value(change.before), _value(change.after)),
            ]
            for one in self.differences
            for change in one.changes
        ]
        return frames.frame(COLUMNS, rows)

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        return display.bundle(
            render.text(self),
            render.markdown(self),
            html.styled(render.html(self)),
            "comparison",
            {"value": msgspec.to_builtins(self)},
        )

    def __str__(self) -> str:
        return render.text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def diff(
    before: str,
    after: str = "",
    *,
    now: bool = False,
    context: str | None = None,
    snapshot: str | None = None,
) -> Changes:
    """What changed from one recorded call (``INV-3/E12``, ``E12`` as ``evidence`` takes it) or
    investigation (``INV-3``) to another, or until now.

    Without ``after`` the same is asked again of the cluster: only calls that read are made, and the
    new ones are recorded. Times, ages, versions and order do not count.

    Raises UsageError for what names no call, StoreError for what is not recorded.
    """
    if now and after:
        raise UsageError(f"{after} is what was, and --now asks what is.", "Give one of them.")
    held = bridge.shared(chosen("context", context), chosen("snapshot", snapshot))
    return Changes.of(held.run(lambda engine: _compared(engine, before, after)))


async def _compared(engine: Engine, before: str, after: str) -> Comparison:
    first = parse(before)
    if not first.investigation:
        first = first.within(await latest.whose(before, engine))
    return await (engine.diff(str(first), after) if after else engine.rerun(str(first)))


def _value(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
