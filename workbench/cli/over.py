"""Rows of sweeps and schedules, with a workbench opened where namespaces have to be looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.core.runbook import Runbook
from workbench.core.sweep import Row, Schedule

if TYPE_CHECKING:
    from workbench.settings import Settings
    from workbench.store.database import Store


async def rows_given(
    settings: Settings, book: Runbook, over: str, common: Mapping[str, Any], context: str = ""
) -> tuple[Row, ...]:
    """What ``--over`` stands for; see runbooks/over.py."""
    from workbench.clusters import contexts
    from workbench.runbooks.over import rows_over

    look = partial(_namespaces, settings)
    return await rows_over(
        book, over, common, context=context, contexts=contexts(), namespaces=look
    )


async def rows_now(settings: Settings, store: Store, schedule: Schedule) -> tuple[Row, ...]:
    """What a schedule runs over now; see runbooks/over.py."""
    from workbench.clusters import contexts
    from workbench.runbooks.over import rows_due

    look = partial(_namespaces, settings)
    return await rows_due(store, schedule, contexts=contexts(), namespaces=look)


async def _namespaces(settings: Settings, labels: str, context: str) -> Sequence[str]:
    from workbench.bootstrap import open_workbench
    from workbench.runbooks.over import labelled

    chosen = settings.model_copy(update={"context": context}) if context else settings
    async with open_workbench(chosen, surface="cli") as bench:
        return await labelled(bench, labels)
