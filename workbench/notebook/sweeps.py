"""One runbook over many items from a notebook: run by workers, watched in the cell that asked."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.sweep import Item, Sweep, cancelled, outcome
from workbench.errors import UsageError
from workbench.notebook import bridge, frames
from workbench.notebook.defaults import chosen
from workbench.notebook.sweeping import FOLDER, Ended, Following, Wanted
from workbench.notebook.values import Text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.investigations.workbench import Workbench

ITEM_COLUMNS = {
    "number": "int",
    "title": "text",
    "status": "text",
    "findings": "int",
    "error": "text",
    "notebook": "text",
}
SWEEP_COLUMNS = {
    "id": "text",
    "begun": "time",
    "runbook": "text",
    "over": "text",
    "person": "text",
    "items": "int",
    "open": "int",
    "outcome": "text",
}
NEEDS = "Like: %k8s sweep dns --over namespaces.csv; without words, the sweeps there are."


def sweep(
    runbook: str,
    *,
    over: str | Path | pd.DataFrame | Sequence[Mapping[str, Any]],
    out: str | Path = FOLDER,
    context: str | None = None,
    retries: int = 2,
    retry_on: str = "lost",
    retry_after: float = 5.0,
    cell_timeout: float = 600.0,
    timeout: float | None = None,
    **parameters: Any,
) -> pd.DataFrame:
    """Have workers run a runbook once for every item, and wait: a row an item, with
    ``attrs["sweep"]`` (``SW-3``) and ``attrs["summary"]``, the path of the notebook about it.

    over: a CSV, YAML or JSON file, ``contexts``, labels of namespaces, a DataFrame or rows; columns
        are parameters, and ``context`` names the cluster of a row.
    out: the folder of the summary and of the executed notebooks.
    context: where labels are looked up, and where items run that name no cluster.
    retries: further tries of an item, after the ends that ``retry_on`` names (``lost``, ``failed``,
        ``both``), the first of them ``retry_after`` seconds later.
    cell_timeout, timeout: seconds for a cell, and for a run.
    parameters: what every item gets that does not bring its own.

    Nothing runs before there is a worker: ``workbench worker`` starts one. Raises ParameterError
    for the first bad row, before any is queued, and KeyboardInterrupt when interrupted, after the
    sweep was cancelled.
    """
    wanted = Wanted.of(
        runbook,
        over,
        out=out,
        context=context,
        retries=retries,
        retry_on=retry_on,
        retry_after=retry_after,
        cell_timeout=cell_timeout,
        timeout=timeout,
        **parameters,
    )
    following = Following(wanted)
    try:
        return _ended(following.to_the_end(), wanted)
    except KeyboardInterrupt:
        following.stopped()
        raise


async def asweep(runbook: str, *, over: Any, **options: Any) -> pd.DataFrame:
    """``sweep`` for a cell that goes on meanwhile; cancelling it cancels the sweep."""
    wanted = Wanted.of(runbook, over, **options)
    return _ended(await Following(wanted).awaited(), wanted)


def sweeps(limit: int = 20) -> pd.DataFrame:
    """Sweeps, newest first."""

    async def newest(bench: Workbench) -> tuple[Sweep, ...]:
        return await bench.store.sweeps.list(limit)

    return frames.frame(SWEEP_COLUMNS, [_row(one) for one in _bridge().run_here(newest)])


def swept(which: str) -> pd.DataFrame:
    """The items of a sweep (``SW-3``) as they stand. Raises NotRecorded."""

    async def look(bench: Workbench) -> tuple[Sweep, tuple[Item, ...]]:
        found = await bench.store.sweeps.load(which)
        return found, await bench.store.sweeps.items(found.id)

    return _items(*_bridge().run_here(look))


def cancel_sweep(which: str) -> Text:
    """Begin no further item of a sweep (``SW-3``), and stop those that run. Raises NotRecorded."""

    async def stop(bench: Workbench) -> Sweep:
        from workbench.runbooks import sweeping

        return await sweeping.cancelled(bench.store, which)

    return Text(cancelled(_bridge().run_here(stop)))


def told(given: Namespace) -> Any:
    """What ``%k8s sweep …`` returns; when it is interrupted, the items as they stand. Raises
    UsageError."""
    match given.words:
        case [runbook] if given.over:
            return _over(runbook, given)
        case []:
            return sweeps()
        case [which] if which.upper().startswith("SW-"):
            return swept(which)
        case ["cancel", which]:
            return cancel_sweep(which)
    raise UsageError("%k8s sweep takes a runbook and what to run it over.", NEEDS)


def _over(runbook: str, given: Namespace) -> pd.DataFrame:
    from workbench.runbooks.parameters import parse

    terms = {"retries": given.retries, "timeout": given.timeout}
    where = {"out": given.out or FOLDER, "context": given.context}
    wanted = msgspec.structs.replace(
        Wanted.of(runbook, given.over, **where, **terms), parameters=dict(parse(given.parameter))
    )
    following = Following(wanted)
    try:
        return _ended(following.to_the_end(), wanted)
    except KeyboardInterrupt:
        label = following.stopped()
        if not label:
            raise
        return swept(label)


def _ended(done: Ended, wanted: Wanted) -> pd.DataFrame:
    return _items(done.sweep, done.items, Path(wanted.out), str(done.summary))


def _items(
    sweep: Sweep, items: Sequence[Item], folder: Path | None = None, summary: str = ""
) -> pd.DataFrame:
    """A row an item. folder: where the executed notebooks were written."""
    from workbench.runbooks.summary import notebooks

    places = notebooks(folder, sweep, items) if folder else {}
    rows = [
        [i.number, i.title, i.status.value, len(i.findings), i.error, str(places.get(i.number, ""))]
        for i in items
    ]
    made = frames.frame(ITEM_COLUMNS, rows)
    made.attrs |= {"sweep": sweep.label, "summary": summary}
    return made


def _row(one: Sweep) -> list[Any]:
    plan, how = one.plan, " (cancelled)" if one.cancelled_at else ""
    told = f"{outcome(one.counts)}{how}"
    return [one.label, one.at, plan.runbook, plan.over, plan.person, one.total, one.open, told]


def _bridge() -> bridge.Bridge:
    return bridge.shared(chosen("context"), chosen("snapshot"))
