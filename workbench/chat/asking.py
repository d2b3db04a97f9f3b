"""The composer: where a question is written, by which model and agent it is looked into, and for
how much."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from workbench.chat.budgets import budgets
from workbench.chat.elements import button, field, node, region
from workbench.chat.visitor import Look, Visit
from workbench.core.characters import one_line
from workbench.core.cluster import EVERYTHING, Scope
from workbench.core.counted import counted
from workbench.core.findings import Finding, Severity
from workbench.core.render.html import NOTHING, Html

SUGGESTIONS_MOST = 5


def composer(visit: Visit) -> Html:
    """The form that asks."""
    box = node(
        "textarea",
        name="question",
        rows="1",
        maxlength="16384",
        aria_label="Question",
        placeholder="Why is checkout failing?",
    )
    send = node("button", "Ask", type="submit", class_="main-button")
    stop = button("Stop", do="stop", class_="stop", title="Ctrl+.")
    model = field(
        "model", "Model", list="models", placeholder=one_line(visit.workbench.model_name, 60)
    )
    picks = node(
        "div",
        model,
        field("agent", "Agent", list="agents", placeholder="investigator", maxlength="100"),
        region("agents", element="datalist", id="agents"),
        budgets(visit.workbench.budget, visit.workbench.model_name != "analyst"),
        node("datalist", *_options(_models(visit)), id="models"),
        _keys(),
        class_="picks",
    )
    column = node("div", box, node("div", send, stop), picks, class_="column")
    return node("form", column, class_="composer", data_do="ask")


def options(names: Iterable[str]) -> Html:
    """Values to choose from while writing."""
    return Html("".join(_options(names)))


def welcome(visit: Visit) -> Html:
    """An empty chat, before the analyzers have spoken."""
    hint = "" if visit.visitor.asks else " You may read here; asking takes the role operator."
    about = (
        f"Every look at {visit.workbench.cluster} is recorded before it happens, and every claim "
        f"cites what was seen. {_model_words(visit.workbench.model_name)}{hint}"
    )
    waiting = node("p", "Looking at the cluster for something to ask …", class_="dim")
    return node(
        "section",
        node("h1", "What is wrong?"),
        node("p", about, class_="dim"),
        region("suggestions", waiting),
        class_="empty",
        id="welcome",
    )


def suggestions(look: Look, scope: Scope = EVERYTHING) -> Html:
    """The likeliest causes in ``scope`` as questions to ask with one click."""
    wrong = [f for f in look.diagnosis.findings if f.severity >= Severity.WARNING]
    found = [f for f in wrong if scope.covers(f.subject.namespace)]
    first = sorted(found, key=lambda f: not f.root_cause)[:SUGGESTIONS_MOST]
    if not first:
        where = " there" if wrong else ""
        return node("p", f"The analyzers find nothing wrong{where}.", class_="dim")
    rest = _rest(len(found) - len(first), len(first), look.diagnosis.findings, scope.namespaces)
    return node("div", node("ul", *map(_suggested, first), class_="suggestions"), rest)


def _rest(more: int, shown: int, every: Sequence[Finding], namespaces: Sequence[str]) -> Html:
    """How many are not among the suggestions, and how many Triage lists, of the one namespace that
    is asked about or of all: notes are no questions."""
    where, link = "", "triage"
    if len(namespaces) == 1:
        where, link = f" of {namespaces[0]}", f"triage?{urlencode({'namespace': namespaces[0]})}"
        every = [f for f in every if f.subject.namespace == namespaces[0]]
    if len(every) == shown:
        return NOTHING
    loud = f"{more} more at warning or worse. " if more else ""
    all_ = node("a", f"All {counted(len(every), 'finding')}{where} in Triage", href=link)
    return node("p", loud, all_)


def question_about(finding: Finding) -> str:
    """What one would ask about a finding."""
    return f"Why {finding.subject}: {finding.title}?"


def _suggested(finding: Finding) -> Html:
    title = node("b", one_line(f"{finding.title}: {finding.subject}", 400))
    about = node("span", one_line(finding.message, 1_000))
    return node("li", button(title, about, do="ask", data_question=question_about(finding)))


def _models(visit: Visit) -> tuple[str, ...]:
    return tuple(dict.fromkeys((visit.workbench.model_name, "analyst")))


def _options(names: Iterable[str]) -> list[Html]:
    return [node("option", value=name) for name in names]


def _model_words(model: str) -> str:
    if model == "analyst":
        return "The built-in analyst answers: no model and no key are used."
    return f"{model} answers."


def _keys() -> Html:
    keys = (("/", "write"), ("n", "new"), ("Ctrl+.", "stop"), ("Esc", "close"))
    shown = [part for key, words in keys for part in (node("kbd", key), f" {words}  ")]
    return node("span", *shown, class_="keys")
