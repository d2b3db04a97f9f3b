"""The record: every tool call, who made it and how it ended, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.chat.elements import button, choice, field, node, region
from workbench.chat.frame import screen
from workbench.chat.opening import Opening
from workbench.chat.screen import Said, word
from workbench.chat.visitor import Visit
from workbench.core.characters import one_line
from workbench.core.evidence import Outcome
from workbench.core.render.card import duration, target
from workbench.core.render.html import NOTHING, Html
from workbench.store.audit import Call
from workbench.store.calls import Wanted

ROWS = 50
"""Calls on one page of the list."""
OUTCOMES = [("", "any"), *((o.value, o.value) for o in Outcome)]
COLUMNS = ("When (UTC)", "Call", "Who", "Tool", "Arguments", "Outcome", "Took")


def page(visit: Visit) -> Html:
    """The screen before the record is read."""
    filters = node(
        "form",
        choice("outcome", "Outcome", OUTCOMES),
        field("words", "Tool, person or cluster", type="search"),
        class_="filters",
        data_do="filter",
        data_live="yes",
    )
    whose = "everybody's" if visit.visitor.sees_all else "your"
    about = f"Tool calls of {whose} investigations, each recorded before it ran. Newest first."
    return screen("audit", visit, node("p", about, class_="dim"), filters, region("calls"))


class Audit(Opening):
    """One audit page. ``_before`` holds the last call of each page before the one shown."""

    page = staticmethod(page)

    def __init__(self, visit: Visit, send: Callable[[dict[str, str]], None]) -> None:
        super().__init__(visit, send)
        self._filter: Said = {}
        self._before: list[Call] = []
        self._shown: Sequence[Call] = ()

    async def do_hello(self, said: Said) -> None:
        """The newest calls."""
        await self._show()

    async def do_filter(self, said: Said) -> None:
        """``outcome``, ``words``: those only, from the newest on."""
        self._filter, self._before = said, []
        await self._show()

    async def do_older(self, said: Said) -> None:
        """The next page."""
        if len(self._shown) == ROWS:
            self._before.append(self._shown[-1])
            await self._show()

    async def do_newer(self, said: Said) -> None:
        """The page before."""
        if self._before:
            self._before.pop()
            await self._show()

    async def _show(self) -> None:
        outcome = word(self._filter, "outcome", 20).strip()
        wanted = Wanted(
            owner=await self.visit.sees(),
            words=word(self._filter, "words", 200).strip(),
            outcome=Outcome(outcome) if outcome in {o.value for o in Outcome} else None,
        )
        after = self._before[-1].id if self._before else None
        self._shown = await self.visit.workbench.store.calls.page(wanted, ROWS, after)
        shown = listed(self._shown, self.visit.workbench.cluster)
        self.put("calls", shown, pager(len(self._before), len(self._shown)))


def listed(calls: Sequence[Call], cluster: str) -> Html:
    """The calls as a table, cards on a phone; ``cluster`` is the one that is looked at here."""
    if not calls:
        return node("p", "No calls are recorded.", class_="dim")
    sides = ["number" if c == "Took" else "" for c in COLUMNS]
    head = node("tr", *(node("th", c, class_=s) for c, s in zip(COLUMNS, sides, strict=True)))
    body = node("tbody", *(row(call, cluster) for call in calls))
    return node("div", node("table", node("thead", head), body), class_="grid cards")


def row(call: Call, cluster: str) -> Html:
    """One call, with its cluster where that is another; its label opens it."""
    name = f"{call.investigation} {call.evidence}"
    opens = button(name, do="evidence", data_evidence=call.evidence)
    took = "" if call.duration_ms is None else duration(call.duration_ms)
    error = node("div", one_line(call.error, 200)) if call.error else NOTHING
    who = f"{one_line(call.user, 60)} ({one_line(call.surface, 20)})"
    arguments = target(call.arguments)
    elsewhere = one_line(call.cluster, 80) if call.cluster != cluster else ""
    cells = (
        (f"{call.at:%Y-%m-%d %H:%M:%S}", "tight"),
        (opens, "tight"),
        (who, ""),
        (node("div", node("code", one_line(call.tool, 80)), _below(elsewhere)), "tight"),
        (node("code", arguments) if arguments else NOTHING, ""),
        (node("span", call.outcome.value, error, class_=f"is-{call.outcome.value}"), ""),
        (took, "number"),
    )
    shown = (
        node("td", c, class_=s, data_label=n) for n, (c, s) in zip(COLUMNS, cells, strict=True)
    )
    return node("tr", *shown, data_inv=call.investigation)


def _below(words: str) -> Html:
    return node("div", node("b", words), class_="dim") if words else NOTHING


def pager(before: int, shown: int) -> Html:
    """Newer and older."""
    first = before * ROWS + 1
    words = f"{first}–{first + shown - 1}" if shown else ""
    newer = button("Newer", do="newer", disabled="" if before else "disabled")
    older = button("Older", do="older", disabled="" if shown == ROWS else "disabled")
    return node("div", newer, older, words, class_="pager")
