"""Usage: what questions have cost, by day, model and person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal

from workbench.chat.elements import choice, node, region
from workbench.chat.frame import screen
from workbench.chat.screen import Said, Screen, number
from workbench.chat.visitor import Visit
from workbench.core.characters import one_line
from workbench.core.quota import Measure
from workbench.core.render.html import Html
from workbench.store.investigations import Spent

DAYS = (7, 30, 90, 365)
COLUMNS = (
    "Day",
    "Model",
    "Who",
    "Questions",
    "Calls",
    "Tokens in",
    "Tokens out",
    "Dollars",
    "Time",
)
NUMBERS = COLUMNS[3:]


def page(visit: Visit) -> Html:
    """The screen before anything is added up."""
    choices = [(str(d), f"{d} days") for d in DAYS]
    filters = node(
        "form",
        choice("days", "The last", choices),
        class_="filters",
        data_do="since",
        data_live="yes",
    )
    whose = "everybody's" if visit.visitor.sees_all else "your"
    about = f"What {whose} questions took. Dollars are known for models with a public price."
    return screen(
        "usage", visit, node("p", about, class_="dim"), region("quota"), filters, region("spent")
    )


class UsageScreen(Screen):
    """One usage page."""

    page = staticmethod(page)

    def __init__(self, visit: Visit, send: Callable[[dict[str, str]], None]) -> None:
        super().__init__(visit, send)
        self._days = DAYS[0]

    async def do_hello(self, said: Said) -> None:
        """The last week."""
        await self._show()

    async def do_since(self, said: Said) -> None:
        """``days``."""
        days = number(said, "days")
        self._days = days if days in DAYS else DAYS[0]
        await self._show()

    async def _show(self) -> None:
        workbench = self.visit.workbench
        self.put("quota", *map(measured, await workbench.quota()))
        since = workbench.clock() - timedelta(days=self._days)
        self.put(
            "spent",
            added_up(await workbench.store.investigations.usage(since, await self.visit.sees())),
        )


def measured(measure: Measure) -> Html:
    """How much of a quota the person has used."""
    frees = f"; room again at {measure.frees:%Y-%m-%d %H:%M} UTC" if measure.frees else ""
    words = f"You used {measure.text} within 24 hours{frees}."
    return node("p", words, class_="dim" if not frees else "notice")


def added_up(rows: Sequence[Spent]) -> Html:
    """A row each, and the sum above them."""
    if not rows:
        return node("p", "Nothing was asked in this time.", class_="dim")
    head = node("tr", *(node("th", c, class_="number" if c in NUMBERS else "") for c in COLUMNS))
    body = node("tbody", _row(_values(_sum(rows))), *(_row(_values(r)) for r in rows))
    return node("div", node("table", node("thead", head), body), class_="grid cards")


def _sum(rows: Sequence[Spent]) -> Spent:
    known = [r.dollars for r in rows if r.dollars is not None]
    return Spent(
        day=rows[0].day,
        model="",
        person="",
        questions=sum(r.questions for r in rows),
        calls=sum(r.calls for r in rows),
        input_tokens=sum(r.input_tokens for r in rows),
        output_tokens=sum(r.output_tokens for r in rows),
        dollars=sum(known, Decimal()) if known else None,
        seconds=sum(r.seconds for r in rows),
    )


def _values(spent: Spent) -> tuple[str, ...]:
    return (
        str(spent.day) if spent.person or spent.model else "In all",
        one_line(spent.model, 60),
        one_line(spent.person, 60),
        f"{spent.questions:,}",
        f"{spent.calls:,}",
        f"{spent.input_tokens:,}",
        f"{spent.output_tokens:,}",
        "" if spent.dollars is None else f"{spent.dollars:.4f}",
        f"{spent.seconds:,.1f} s",
    )


def _row(values: Sequence[str]) -> Html:
    return node(
        "tr",
        *(
            node("td", v, class_="number" if c in NUMBERS else "", data_label=c)
            for c, v in zip(COLUMNS, values, strict=True)
        ),
    )
