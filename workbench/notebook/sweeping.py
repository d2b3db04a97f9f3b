"""A sweep that was begun from a cell, and what the cell shows of it while workers run it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import msgspec

from workbench.core.render import html
from workbench.core.render import sweep as render
from workbench.core.sweep import Item, ItemStatus, Sweep
from workbench.notebook import bridge, display
from workbench.notebook.defaults import chosen

if TYPE_CHECKING:
    import pandas as pd

    from workbench.investigations.workbench import Workbench
    from workbench.runbooks.sweeping import Look

FOLDER = "out/sweeps"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is run over what; ``sweeps.sweep`` says what each is. terms: those of
    ``runbooks.sweeping.planned``."""

    runbook: str
    over: str | list[dict[str, Any]]
    parameters: dict[str, Any]
    out: str | Path
    context: str | None
    terms: dict[str, Any]

    @classmethod
    def of(
        cls,
        runbook: str,
        over: str | Path | pd.DataFrame | Sequence[Mapping[str, Any]],
        *,
        out: str | Path = FOLDER,
        context: str | None = None,
        retries: int = 2,
        retry_on: str = "lost",
        retry_after: float = 5.0,
        cell_timeout: float = 600.0,
        timeout: float | None = None,
        **parameters: Any,
    ) -> Self:
        """From the arguments of ``sweep``."""
        terms = {
            "retries": retries,
            "retry_on": retry_on,
            "retry_after": retry_after,
            "cell_timeout": cell_timeout,
            "timeout": timeout,
        }
        return cls(
            runbook=runbook,
            over=_plain(over),
            parameters=parameters,
            out=out,
            context=context,
            terms=terms,
        )


class Ended(NamedTuple):
    """A sweep that has ended, and the notebook about it."""

    sweep: Sweep
    items: tuple[Item, ...]
    summary: Path


class Following:
    """A sweep that runs, in the one output of the cell that asked."""

    def __init__(self, wanted: Wanted) -> None:
        self._held = bridge.shared(chosen("context", wanted.context), chosen("snapshot"))
        self._feed = self._held.iterate_here(partial(_looks, wanted))
        self._folder = Path(wanted.out)
        self._screen = Screen(display.shell())
        self._newest: Sweep | None = None

    def to_the_end(self) -> Ended:
        """Wait for it. Who gets a KeyboardInterrupt calls ``stopped``."""
        for look in self._feed:
            self._show(look)
        return self._ended()

    async def awaited(self) -> Ended:
        """``to_the_end`` beside other work of this loop."""
        try:
            async for look in bridge.ahead(self._feed):
                self._show(look)
        except (asyncio.CancelledError, KeyboardInterrupt):
            self.stopped()
            raise
        return await asyncio.to_thread(self._ended)

    def stopped(self) -> str:
        """Cancel it; its label, "" when it had not begun."""
        for look in self._feed.stop():
            self._show(look)
        return self._newest.label if self._newest else ""

    def _show(self, look: Look | None) -> None:
        if look is not None:
            self._newest = look.sweep
            self._screen.look(look)

    def _ended(self) -> Ended:
        from workbench.runbooks.sweeping import summed_up

        assert self._newest is not None  # there is one look at least  # noqa: S101
        newest, folder = self._newest, self._folder
        items, path = self._held.run_here(lambda bench: summed_up(bench.store, newest, folder))
        self._screen.ended(newest, str(path))
        return Ended(newest, items, path)


class Screen:
    """How far a sweep is: in a kernel one display that is replaced when there is news, on a
    terminal a line for each item that ended with more than nothing."""

    def __init__(self, shell: Any) -> None:
        self._output = display.Output(shell) if getattr(shell, "kernel", None) else None
        self._told: tuple[Item, ...] = ()
        self._shown: render.Progress | None = None

    def look(self, look: Look) -> None:
        news = tuple(i for i in look.ended if i.status is not ItemStatus.HEALTHY)
        self._told += news
        self._draw(render.Progress(sweep=look.sweep, told=self._told, waits=look.waits))
        if self._output is None:
            self._write(*map(render.line, news))

    def ended(self, sweep: Sweep, summary: str) -> None:
        """Say where the summary is."""
        shown = render.Progress(sweep=sweep, told=self._told, summary=summary)
        self._draw(shown)
        if self._output is None:
            self._write(render.headline(sweep), f"summary: {summary}")

    def _draw(self, shown: render.Progress) -> None:
        before, self._shown = self._shown, shown
        if shown == before:
            return
        if self._output is not None:
            self._output.show(_bundle(shown))
        elif before is None:
            self._write(render.headline(shown.sweep))
        elif shown.waits and not before.waits:
            self._write(render.NO_WORKER)

    def _write(self, *lines: str) -> None:
        sys.stderr.writelines(f"{line}\n" for line in lines)


def _bundle(shown: render.Progress) -> display.Bundle:
    facts = {"label": shown.sweep.label, "state": shown.state, "summary": shown.summary}
    return display.bundle(
        render.text(shown),
        render.as_markdown(shown),
        html.styled(render.as_html(shown)),
        "sweep",
        {**facts, "counts": {s.value: n for s, n in shown.sweep.counts.items()}},
    )


async def _looks(wanted: Wanted, bench: Workbench) -> AsyncGenerator[Look]:
    """The sweep as it runs, from the workbench of its context."""
    from workbench.clusters import contexts
    from workbench.runbooks.catalogue import find
    from workbench.runbooks.over import labelled, rows_over
    from workbench.runbooks.sweeping import planned, swept
    from workbench.settings import load_settings

    book = find(wanted.runbook, load_settings().runbook_dirs)
    context = chosen("context", wanted.context)
    rows = await rows_over(
        book,
        wanted.over,
        wanted.parameters,
        context=context,
        contexts=contexts(),
        namespaces=lambda labels, _: labelled(bench, labels),
    )
    where = {"person": bench.user, "context": context}
    plan = await planned(bench.store, book, wanted.over, **where, **wanted.terms)
    async with aclosing(swept(bench.store, bench.new_id(), plan, rows)) as looks:
        async for look in looks:
            yield look


def _plain(over: Any) -> str | list[dict[str, Any]]:
    """Rows of plain values, None for what a DataFrame has no value for."""
    if isinstance(over, str | Path):
        return str(over)
    if not hasattr(over, "to_dict"):
        return [dict(row) for row in over]
    rows = over.to_dict(orient="records")
    return [{str(name): _value(value) for name, value in row.items()} for row in rows]


def _value(value: Any) -> Any:
    """A cell of a DataFrame as JSON has it, with every digit of a number."""
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value
