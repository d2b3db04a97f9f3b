"""Triage: what the analyzers find in the cluster, ranked, with a question for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from workbench.chat import owners
from workbench.chat.elements import button, choice, field, node, options, region
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


FILTERS = {"namespace": 253, "severity": 20, "words": 200, "causes": 5}
"""What an address may ask for, and its characters at most: ``triage?namespace=shop&causes=on``."""


def page(visit: Visit) -> Html:
    """The screen before the analyzers have spoken."""
    waiting = node("p", "Looking at the cluster …", class_="dim")
    return screen("triage", visit, region("filters", filters({})), region("found", waiting))


def filters(wanted: Mapping[str, str]) -> Html:
    """The form. Its namespaces come with what was found, into the region ``namespaces``."""
    namespaces = region("namespaces", element="select", name="namespace")
    causes = node(
        "input", type="checkbox", name="causes", checked="checked" if "causes" in wanted else ""
    )
    severity = wanted.get("severity", "").lower()
    return node(
        "form",
        node("label", "Namespace", namespaces),
        choice("severity", "Severity", LEVELS, severity),
        field("words", "Name, kind or code", wanted.get("words", ""), type="search"),
        node("label", causes, " likely causes only", class_="check"),
        button("Look again", do="again", class_="second"),
        class_="filters",
        data_do="filter",
        data_live="yes",
    )


class Triage(Opening):
    """One triage page."""

    page = staticmethod(page)

    def __init__(self, visit: Visit, send: Callable[[dict[str, str]], None]) -> None:
        super().__init__(visit, send)
        self._look: Look | None = None
        self._wanted: dict[str, str] = {}

    async def do_hello(self, said: Said) -> None:
        """Look, unless somebody just has. What is to be shown the address may say."""
        self._wanted = given(said)
        self.put("filters", filters(self._wanted))
        self._look = await self.visit.desk.look()
        self._show(self._look)

    async def do_again(self, said: Said) -> None:
        """Look now."""
        self.put("found", node("p", "Looking at the cluster …", class_="dim"))
        self._look = await self.visit.desk.look(anew=True)
        self._show(self._look)

    async def do_filter(self, said: Said) -> None:
        """``namespace``, ``severity``, ``words``, ``causes``: show those only, also to whom the
        address is sent."""
        self._wanted = given(said)
        self.tell("address", to="?".join(filter(None, ("triage", urlencode(self._wanted)))))
        if self._look is not None:
            self.put("found", found(self._look, self._wanted))

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

    def _show(self, look: Look) -> None:
        chosen = self._wanted.get("namespace", "")
        named = {f.subject.namespace for f in look.diagnosis.findings} | {chosen}
        self.put(
            "namespaces", *options([("", "all"), *((n, n) for n in sorted(named - {""}))], chosen)
        )
        self.put("found", found(look, self._wanted))


def given(said: Said) -> dict[str, str]:
    """The filters among what was said."""
    every = {name: word(said, name, most).strip() for name, most in FILTERS.items()}
    return {name: value for name, value in every.items() if value}


def found(look: Look, wanted: Mapping[str, str]) -> Html:
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


def is_wanted(finding: Finding, wanted: Mapping[str, str]) -> bool:
    """Whether it passes the filters."""
    if wanted.get("namespace", finding.subject.namespace) != finding.subject.namespace:
        return False
    least = wanted.get("severity", "").upper()
    if least in Severity.__members__ and finding.severity < Severity[least]:
        return False
    if "causes" in wanted and not finding.root_cause:
        return False
    text = f"{finding.code} {finding.subject} {finding.title}".lower()
    return all(part in text for part in wanted.get("words", "").lower().split())
