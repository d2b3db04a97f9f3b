"""Changes from a notebook: propose, look, approve, deny. Each waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.render.change import change_line, change_text
from workbench.notebook import bridge
from workbench.notebook.values import Text

if TYPE_CHECKING:
    from workbench.core.change import Applied
    from workbench.investigations.workbench import Workbench


def propose(tool: str, *, why: str = "", context: str = "", **arguments: Any) -> Text:
    """Try a change as a server-side dry run and keep it for a decision:
    ``propose("scale", kind="deploy", name="web", namespace="shop", replicas=3)``."""

    async def tried(engine: Workbench) -> str:
        return change_text(await engine.propose(tool, arguments, why), None, engine.clock())

    return Text(bridge.shared(context).run(tried))


def changes(which: str = "", *, context: str = "") -> Text:
    """The newest proposed changes, a line each; or one of them (``C-7``) whole."""

    async def told(engine: Workbench) -> str:
        if which:
            return change_text(*await engine.change(which), engine.clock())
        lines = [change_line(*known, engine.clock()) for known in await engine.changes()]
        return "\n".join(lines) or "No change was proposed."

    return Text(bridge.shared(context).run(told))


def approve(change: str, *, digest: str = "", wait: float = 0.0, context: str = "") -> Text:
    """Approve ``C-7`` and make exactly what was shown, once.

    digest: what ``changes("C-7")`` showed last; with it nothing else can be meant.
    wait: seconds to give controllers before the look after it.
    """

    async def made(engine: Workbench) -> str:
        return applied_text(await engine.approve(change, digest=digest, wait=wait))

    return Text(bridge.shared(context).run(made))


def deny(change: str, *, context: str = "") -> Text:
    """Deny ``C-7``; it can never be made."""

    async def settled(engine: Workbench) -> str:
        return f"{(await engine.deny(change)).label} is denied."

    return Text(bridge.shared(context).run(settled))


def applied_text(applied: Applied) -> str:
    """What was made, and what the looks before and after it tell."""
    lines = [applied.text, f"made     {applied.evidence}"]
    lines += [f"gone     {f.subject}: {f.title}" for f in applied.resolved]
    lines += [f"new      {f.subject}: {f.title}" for f in applied.appeared]
    lines.append(f"remain   {applied.remaining} findings; controllers may still be at work")
    return "\n".join(lines)
