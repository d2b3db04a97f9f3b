"""Going on from a step of an investigation in a new one: ``wb.fork``, ``await wb.afork`` and what
``%k8s fork`` runs."""

from __future__ import annotations

from typing import Any

from workbench.core.cluster import Scope
from workbench.core.investigation import Status
from workbench.errors import UsageError
from workbench.notebook import display
from workbench.notebook.answer import Answer
from workbench.notebook.asking import Wanted, ended
from workbench.notebook.following import Following, Screen, interrupted, shown


def fork(
    investigation: str,
    question: str = "",
    *,
    after: str = "",
    model: str = "",
    agent: str = "",
    budget: float | None = None,
    max_calls: int | None = None,
    context: str | None = None,
    snapshot: str | None = None,
) -> Answer:
    """Go on from a step of an investigation (``INV-3``) in a new one, and show it as ``ask`` does.
    What was read until then is taken from its record; the original stays as it is.

    question: instead of the original one.
    after: the last step that is kept: ``E5``, or its number from 1; "" for all of them.
    agent: a configured one, or one that ships.
    model, budget, max_calls: as for ``ask``.

    Raises UsageError for a step that is not there, NotRecorded, and KeyboardInterrupt when
    interrupted, after the cancelled fork was recorded and shown.
    """
    wanted = Wanted(
        model=model,
        agent=agent,
        budget=budget,
        max_calls=max_calls,
        context=context,
        snapshot=snapshot,
    )
    answer = forked(investigation, question, after, wanted)
    if answer.status is Status.CANCELLED:
        raise interrupted(answer)
    return answer


async def afork(
    investigation: str, question: str = "", *, after: str = "", **options: Any
) -> Answer:
    """``fork`` for a cell that goes on meanwhile: ``await wb.afork("INV-3", "is it the disk?")``.
    Cancelling it stops the fork, which is then recorded as cancelled."""
    wanted, screen = Wanted(**options), display.Live(display.shell())
    following = _followed(investigation, question, after, wanted, screen)
    return ended(await following.awaited(), screen, wanted)


def forked(investigation: str, question: str, after: str, wanted: Wanted) -> Answer:
    """``fork`` that returns the cancelled fork when it is interrupted."""
    screen = display.Live(display.shell())
    following = _followed(investigation, question, after, wanted, screen)
    try:
        return ended(following.to_the_end(), screen, wanted)
    except KeyboardInterrupt:
        return shown(following.stopped(), screen)


def _followed(
    investigation: str, question: str, after: str, wanted: Wanted, screen: Screen
) -> Following:
    if not investigation.strip():
        raise UsageError("There is nothing to fork.", "Like: %k8s fork INV-3 is it the disk")
    terms = wanted.terms()
    feed = wanted.bridge().iterate(
        lambda engine: engine.fork(investigation, after=after, question=question, terms=terms)
    )
    return Following(feed, screen, question or f"Fork of {investigation}", Scope())
