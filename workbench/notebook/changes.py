"""Changes from a notebook: propose, look, approve, deny. Each waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.change import Approval, ChangeState, ProposedChange, state
from workbench.core.counted import counted
from workbench.core.render import change as render
from workbench.core.render import changes as diffs
from workbench.core.render import html, markdown
from workbench.errors import UsageError
from workbench.notebook import bridge, display, frames, person
from workbench.notebook.defaults import chosen
from workbench.notebook.values import Text

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from workbench.core.change import Applied
    from workbench.core.engine import Engine

COLUMNS = {
    "id": "text",
    "state": "text",
    "risk": "text",
    "change": "text",
    "target": "text",
    "by": "text",
    "at": "time",
}
_shown: dict[str, str] = {}
"""Digests of the changes that were shown in this session."""
BORDERS = {ChangeState.PROPOSED: "awaiting", ChangeState.APPROVED: "awaiting"}


class Proposal(ProposedChange, frozen=True, kw_only=True):
    """A proposed change with all that a decision rests on. ``standing``: where it was when this
    was shown."""

    standing: ChangeState
    told: str

    @classmethod
    def of(cls, change: ProposedChange, approval: Approval | None, now: datetime) -> Proposal:
        _shown[change.label] = change.digest
        fields = {f: getattr(change, f) for f in ProposedChange.__struct_fields__}
        return cls(
            **fields,
            standing=state(change, approval, now),
            told=render.change_text(change, approval, now),
        )

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        facts = {"value": msgspec.to_builtins(self), "state": self.standing.value}
        return display.bundle(
            "\n".join([self.told, *self._waits()]),
            "\n\n".join([markdown.fence(self.told, "diff"), *self._waits()]),
            html.styled(_card(self, self._waits())),
            "change",
            facts,
        )

    def _waits(self) -> list[str]:
        if self.standing is not ChangeState.PROPOSED:
            return []
        return [f"Waits for a person: %k8s approve {self.label} or %k8s deny {self.label}"]

    def __str__(self) -> str:
        return str(self._repr_mimebundle_()["text/plain"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def propose(
    tool: str,
    *,
    why: str = "",
    context: str | None = None,
    snapshot: str | None = None,
    **arguments: Any,
) -> Proposal:
    """Try a change as a server-side dry run and keep it for a decision:
    ``propose("scale", kind="deploy", name="web", namespace="shop", replicas=3)``."""

    async def tried(engine: Engine) -> Proposal:
        return Proposal.of(await engine.propose(tool, arguments, why), None, engine.clock())

    return _bridge(context, snapshot).run(tried)


def changes(*, context: str | None = None, snapshot: str | None = None) -> pd.DataFrame:
    """The newest proposed changes as a DataFrame."""

    async def told(engine: Engine) -> list[list[Any]]:
        return [_row(*known, engine.clock()) for known in await engine.changes()]

    return frames.frame(COLUMNS, _bridge(context, snapshot).run(told))


def change(which: str, *, context: str | None = None, snapshot: str | None = None) -> Proposal:
    """One proposed change (``C-7``) whole, with its diff. Raises StoreError."""

    async def told(engine: Engine) -> Proposal:
        return Proposal.of(*await engine.change(which), engine.clock())

    return _bridge(context, snapshot).run(told)


def approve(
    change: str,
    *,
    digest: str = "",
    wait: float = 0.0,
    context: str | None = None,
    snapshot: str | None = None,
) -> Text:
    """Approve ``C-7`` and make exactly what was shown, once.

    digest: what ``change("C-7")`` showed last; not needed where this session has shown it.
    wait: seconds to give controllers before the look after it.

    Raises UsageError for one that was not shown, StoreError when it no longer waits, as when the
    cell is run a second time, and ToolRefused where nobody sits in front of it and nothing that was
    signed ahead holds for it.
    """
    attended = person.there()
    digest = digest or _shown.get(change.upper(), "")
    if attended and not digest:
        raise UsageError(f"{change} was not shown here yet.", f"Look first: %k8s changes {change}")

    async def made(engine: Engine) -> str:
        made = engine.approve(change, digest=digest, wait=wait, attended=attended)
        return applied_text(await made)

    return Text(_bridge(context, snapshot).run(made))


def deny(change: str, *, context: str | None = None, snapshot: str | None = None) -> Text:
    """Deny ``C-7``; it can never be made."""

    async def settled(engine: Engine) -> str:
        return f"{(await engine.deny(change)).label} is denied."

    return Text(_bridge(context, snapshot).run(settled))


def applied_text(applied: Applied) -> str:
    """What was made, and what the looks before and after it tell."""
    lines = [applied.text, f"made     {applied.evidence}"]
    lines += [f"gone     {f.subject}: {f.title}" for f in applied.resolved]
    lines += [f"new      {f.subject}: {f.title}" for f in applied.appeared]
    lines.append(
        f"remain   {counted(applied.remaining, 'finding')}; controllers may still be at work"
    )
    return "\n".join(lines)


def _card(shown: Proposal, waits: list[str]) -> html.Html:
    words, _, _ = shown.told.partition("\n\n")
    border = BORDERS.get(shown.standing, "quiet")
    return html.tag(
        "section",
        html.tag(
            "header",
            html.tag("span", shown.standing.value, class_="wb-state"),
            html.tag("strong", shown.label),
            html.tag("code", shown.preview.command),
        ),
        html.tag("pre", words, class_="wb-text"),
        diffs.html(tuple(shown.preview.diff.splitlines())),
        *(html.tag("p", said) for said in waits),
        html.tag("footer", f"digest {shown.digest[:12]} · {shown.cluster}"),
        class_=f"wb wb-{border}",
    )


def _row(change: ProposedChange, approval: Approval | None, now: datetime) -> list[Any]:
    preview = change.preview
    standing = state(change, approval, now).value
    said = preview.command or change.tool
    at = change.at.isoformat()
    return [change.label, standing, preview.risk.value, said, str(preview.target), change.by, at]


def _bridge(context: str | None, snapshot: str | None) -> bridge.Bridge:
    return bridge.shared(chosen("context", context), chosen("snapshot", snapshot))
