"""Triage: what the analyzers find in the cluster, ranked, with a question for each."""

from __future__ import annotations

from collections.abc import Callable

from workbench.chat import owners
from workbench.chat.elements import button, choice, field, node, region
from workbench.chat.findings import gaps, item
from workbench.chat.frame import screen
from workbench.chat.opening import Opening
from workbench.chat.screen import Said, notice, word
from workbench.chat.visitor import Look, Visit
from workbench.core.characters import one_line
from workbench.core.findings import Finding, Severity
from workbench.core.render import diagnosis
from workbench.core.render.html import NOTHING, Html
from workbench.errors import WorkbenchError

SHOWN_MOST = 200
LEVELS = [("", "info and worse"), *((s.word, f"{s.word} and worse") for s in list(Severity)[1:])]


def page(visit: Visit) -> Html:
    """The screen before the analyzers have spoken."""
    filters = node(
        "form",
        choice("severity", "Severity", LEVELS),
        field("words", "Name, kind, namespace or code", type="search"),
        node(
            "label",
            node("input", type="checkbox", name="causes"),
            " likely causes only",
            class_="check",
        ),
        button("Look again", do="again", class_="second"),
        class_="filters",
        data_do="filter",
        data_live="yes",
    )
    waiting = node("p", "Looking at the cluster …", class_="dim")
    return screen("triage", visit, filters, region("found", waiting))


class Triage(Opening):
    """One triage page."""

    page = staticmethod(page)

    def __init__(self, visit: Visit, send: Callable[[dict[str, str]], None]) -> None:
        super().__init__(visit, send)
        self._look: Look | None = None
        self._filter: Said = {}

    async def do_hello(self, said: Said) -> None:
        """Look, unless somebody just has."""
        self._look = await self.visit.desk.look()
        self._show()

    async def do_again(self, said: Said) -> None:
        """Look now."""
        self.put("found", node("p", "Looking at the cluster …", class_="dim"))
        self._look = await self.visit.desk.look(anew=True)
        self._show()

    async def do_filter(self, said: Said) -> None:
        """``severity``, ``words``, ``causes``: show those only."""
        self._filter = said
        self._show()

    async def do_owners(self, said: Said) -> None:
        """``kind``, ``namespace``, ``name``, ``to``: show its owner tree in that region."""
        place = word(said, "to", 40)
        wanted = {key: word(said, key, 253) for key in ("kind", "namespace", "name")}
        workbench = self.visit.workbench
        try:
            result = await workbench.call("owners", wanted)
        except WorkbenchError as error:
            self.put(place, notice(error))
            return
        session = await workbench.load("")
        self.put(place, owners.opened(result.data, result.evidence, session.label))

    def _show(self) -> None:
        if self._look is not None:
            self.put("found", found(self._look, self._filter))


def found(look: Look, wanted: Said) -> Html:
    """The findings that are wanted, likeliest cause first, and what could not be looked at."""
    every = look.diagnosis.findings
    shown = [f for f in every if is_wanted(f, wanted)]
    loud = f" ({len(diagnosis.loud(every))} at warning or worse)"
    count = f"{len(shown)} of {len(every)} findings{loud} in {one_line(look.diagnosis.cluster, 80)}"
    when = f"looked at {look.at:%H:%M:%S} UTC"
    opens = button(look.evidence, do="evidence", data_evidence=look.evidence)
    told = node("span", f"{count} · {when}")
    head = node("div", told, opens, class_="tools", data_inv=look.investigation)
    cut = node("p", f"The first {SHOWN_MOST} are shown.") if len(shown) > SHOWN_MOST else NOTHING
    listed = (item(f, owners.folded(f.subject, n)) for n, f in enumerate(shown[:SHOWN_MOST]))
    items = node("ol", *listed, class_="findings")
    return node("div", head, items, cut, *gaps(look.diagnosis.gaps))


def is_wanted(finding: Finding, wanted: Said) -> bool:
    """Whether it passes the filters."""
    least = word(wanted, "severity", 20).strip().upper()
    if least in Severity.__members__ and finding.severity < Severity[least]:
        return False
    if word(wanted, "causes", 5) and not finding.root_cause:
        return False
    text = f"{finding.code} {finding.subject} {finding.title}".lower()
    return all(part in text for part in word(wanted, "words", 200).lower().split())
