"""Asking: ``wb.ask``, ``await wb.aask`` and what ``%k8s_ask`` runs.

A question that was answered before, about the same cluster and on the same terms, shows its
recorded answer, so that running a notebook again costs nothing; ``fresh`` asks again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.duration import human
from workbench.core.investigation import Status
from workbench.core.question import short
from workbench.core.terms import Table, Terms
from workbench.errors import UsageError
from workbench.notebook import bridge, display, frames
from workbench.notebook.answer import Answer
from workbench.notebook.defaults import chosen
from workbench.notebook.following import Following, Screen, interrupted, shown
from workbench.notebook.labels import latest
from workbench.notebook.scope import scope, seconds
from workbench.notebook.values import Text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.core.cluster import Scope
    from workbench.core.investigation import Investigation

ALWAYS = "always"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look and on which terms; None leaves it to the defaults. ``ask`` says what each
    is."""

    namespace: str | None = None
    context: str | None = None
    snapshot: str | None = None
    selector: str = ""
    since: str | int | None = None
    model: str = ""
    agent: str = ""
    tools: str = ""
    use: Any = ()
    budget: float | None = None
    max_calls: int | None = None
    incident: str = ""
    fresh: bool = False

    def scope(self) -> Scope:
        return scope(
            chosen("namespace", self.namespace),
            chosen("context", self.context),
            self.selector,
            chosen("since", self.since),
        )

    def terms(self) -> Terms:
        """Raises UsageError for a limit that makes no sense."""
        budget = chosen("budget", self.budget)
        calls = chosen("max_calls", self.max_calls)
        if budget < 0 or calls < 0 or self.budget == 0 or self.max_calls == 0:
            raise UsageError("A budget must leave room for something.", "Like --budget 0.50.")
        return Terms(
            model=self.model or chosen("model"),
            agent=self.agent,
            dollars=Decimal(str(budget)) if budget else None,
            tool_calls=calls or None,
            tools=tuple(part.strip() for part in self.tools.split(",") if part.strip()),
            tables=_tables(self.use),
        )

    def bridge(self) -> bridge.Bridge:
        context, snapshot = chosen("context", self.context), chosen("snapshot", self.snapshot)
        return bridge.shared(context, snapshot)


def ask(
    question: str,
    *,
    namespace: str | None = None,
    context: str | None = None,
    snapshot: str | None = None,
    selector: str = "",
    since: str | int | None = None,
    model: str = "",
    agent: str = "",
    tools: str = "",
    use: Mapping[str, pd.DataFrame] | Sequence[pd.DataFrame] = (),
    budget: float | None = None,
    max_calls: int | None = None,
    incident: str = "",
    fresh: bool = False,
) -> Answer:
    """Investigate. Shows the steps while it runs and the conclusion when it is done.

    namespace: one or several joined by commas; "" for all, None for the default.
    snapshot: a frozen cluster to look at instead.
    since: how far back events and logs matter (``30m``, ``2h``).
    model: ``provider:name``, or ``analyst`` for none.
    agent: a configured one, or one that ships (``network``).
    tools: ``+prom,-logs`` to insist on one and leave one out; ``a,b`` for these only.
    use: DataFrames to give along, by name; each becomes evidence that claims can cite.
    budget, max_calls: dollars and tool calls it may spend.
    incident: an investigation that gets a note about this one.
    fresh: ask even where an answer to the same question is recorded.

    Raises KeyboardInterrupt when interrupted, after the cancelled investigation was recorded and
    shown.
    """
    answer = investigate(question, _wanted(locals()))
    if answer.status is Status.CANCELLED:
        raise interrupted(answer)
    return answer


async def aask(question: str, **options: Any) -> Answer:
    """``ask`` for a cell that goes on meanwhile: ``answer = await wb.aask("why …")``. Cancelling it
    stops the investigation, which is then recorded as cancelled."""
    wanted = Wanted(**options)
    screen = display.Live(display.shell())
    found = _reused(question, wanted)
    if found is None:
        return ended(await _followed(question, wanted, screen).awaited(), screen, wanted)
    return shown(found, screen, _since(found))


def investigate(question: str, wanted: Wanted, live: bool = True) -> Answer:
    """``ask`` that returns the cancelled investigation when it is interrupted.

    live: whether to show the steps and the card.
    """
    screen = display.Live(display.shell()) if live else display.Blank()
    found = _reused(question, wanted)
    if found is not None:
        return shown(found, screen, _since(found))
    following = _followed(question, wanted, screen)
    try:
        return ended(following.to_the_end(), screen, wanted)
    except KeyboardInterrupt:
        return shown(following.stopped(), screen)


def plan(question: str, **options: Any) -> Text:
    """What asking would do, without doing it: where, by which model, with which tools, for how
    much at most. options: those of ``ask``."""
    return planned(question, Wanted(**options))


def planned(question: str, wanted: Wanted) -> Text:
    """``plan`` with options that were taken apart already."""
    where, terms = wanted.scope(), wanted.terms()
    told = wanted.bridge().run(lambda engine: engine.plan(question, where, terms, _age()))
    return Text(told)


def load(investigation: str) -> Answer:
    """A recorded investigation by its label (``INV-12``) or id."""
    run = bridge.shared(chosen("context"), chosen("snapshot")).run
    found = run(lambda engine: engine.load(investigation))
    latest.shown(found)
    return Answer.of(found)


def _reused(question: str, wanted: Wanted) -> Investigation | None:
    """The answer that is on record already. Raises UsageError without a question and for one that
    is too long, NotRecorded for an incident that is not there."""
    if not question.strip():
        raise UsageError("There is no question.", "Try: %k8s_ask why is web restarting")
    short(question)
    where, terms, age = wanted.scope(), wanted.terms(), _age()
    if wanted.incident:  # before anything is spent
        wanted.bridge().run(lambda engine: engine.load(wanted.incident))
    if age == 0:
        return None
    found = wanted.bridge().run(lambda engine: engine.answered(question, where, terms, age))
    # Looking it up tells which cluster it is, so that the fresh answer can be found next time.
    return None if wanted.fresh else found


def _followed(question: str, wanted: Wanted, screen: Screen) -> Following:
    where, terms = wanted.scope(), wanted.terms()
    feed = wanted.bridge().iterate(lambda engine: engine.ask(question, where, terms=terms))
    return Following(feed, screen, question, where)


def ended(newest: Investigation, screen: Screen, wanted: Wanted) -> Answer:
    """The answer, when its card is drawn and the incident at hand has a note about it."""
    incident = chosen("incident", wanted.incident or None)
    if incident:
        words = f"Asked in {newest.label}: {newest.question}"
        wanted.bridge().run(lambda engine: engine.note(words, incident))
    return shown(newest, screen)


def _since(found: Investigation) -> str:
    """When a recorded answer was given, in words."""
    at = found.steps[0].at
    ago = human(max(0.0, (datetime.now(UTC) - at).total_seconds()))
    return f"Answered {at:%Y-%m-%d %H:%M} UTC, {ago} ago. --fresh asks again."


def _age() -> float | None:
    """How old an answer may be to be shown again, in seconds; None for any age, 0 for never."""
    word = str(chosen("reuse"))
    return None if word == ALWAYS else float(seconds(word))


def _wanted(given: dict[str, Any]) -> Wanted:
    return Wanted(**{name: given[name] for name in Wanted.__struct_fields__})


def _tables(use: Mapping[str, pd.DataFrame] | Sequence[pd.DataFrame]) -> tuple[Table, ...]:
    named = use if isinstance(use, Mapping) else {f"table{n}": f for n, f in enumerate(use, 1)}
    return tuple(
        Table(name=name, text=frames.lines(frame), source=str(frame.attrs.get("evidence", "")))
        for name, frame in named.items()
    )
