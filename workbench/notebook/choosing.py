"""Where to look from now on: what there is to choose from, and choosing it (``%k8s use``)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.render import html, markdown
from workbench.errors import UsageError, WorkbenchError
from workbench.notebook import bridge, display, scope, session
from workbench.notebook.defaults import ALL, SINCE, chosen, current

if TYPE_CHECKING:
    from workbench.core.engine import Engine

LISTED = 60
"""Names of one kind that are written out."""
HOW = "%k8s use CONTEXT -n NAMESPACE --since 1h chooses; -n all means every namespace."


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What can be looked at, and what is. "" is no context (a frozen cluster, or the kubeconfig's
    own), every namespace, and any time.

    unknown: why namespaces could not be listed.
    """

    cluster: str = ""
    context: str = ""
    namespace: str = ""
    since: str = ""
    contexts: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    times: tuple[str, ...] = ("", *SINCE)
    unknown: str = ""

    @property
    def rows(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """What it is, what is chosen of it, and all there is."""
        namespaces = ("", *with_chosen(self.namespaces, self.namespace))
        times = with_chosen(self.times, self.since)
        contexts = (("context", self.context, with_chosen(self.contexts, self.context)),)
        return (
            *(contexts if self.contexts else ()),
            ("namespace", self.namespace, namespaces),
            ("since", self.since, times),
        )

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        facts = {"value": msgspec.to_builtins(self)}
        page = html.styled(_page(self))
        return display.bundle(_text(self), _markdown(self), page, "choices", facts)

    def __str__(self) -> str:
        return _text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def choices() -> Choices:
    """What there is to choose from here. Listing the namespaces is a recorded call; where it is
    refused, those that this session has seen are offered."""
    from workbench.clusters import contexts
    from workbench.settings import load_settings

    usual = load_settings().since
    cluster, namespaces, unknown = "", sorted(session.seen_namespaces), ""
    try:
        cluster = bridge.shared(chosen("context"), chosen("snapshot")).run(_cluster)
        listed = session.get("namespaces", namespace="")
        namespaces = sorted(str(name) for name in listed["name"].dropna())
    except WorkbenchError as error:
        unknown = error.message
    return Choices(
        cluster=cluster,
        context=chosen("context"),
        namespace=str(chosen("namespace")),
        since=str(chosen("since")),
        contexts=() if chosen("snapshot") else tuple(contexts()),
        namespaces=tuple(namespaces),
        times=with_chosen(SINCE, usual) if usual else ("", *SINCE),
        unknown=unknown,
    )


def use(
    context: str = "",
    *,
    namespace: str | None = None,
    since: str | None = None,
    snapshot: str | None = None,
) -> None:
    """Look there from now on; what is not given stays. Opens nothing.

    namespace: ``all`` for every one, "" for what is set. Raises UsageError for a context that the
    kubeconfig does not have, and for a time that is no duration.
    """
    if since:
        scope.seconds(since)
    if context:
        _known(context)
        current.context, current.snapshot = context, ""
    if snapshot is not None:
        current.snapshot, current.context = snapshot, ""
    if namespace is not None:
        current.namespace = namespace
    if since is not None:
        current.since = since


@contextmanager
def unless_it_fails() -> Iterator[None]:
    """While this is open, ``use`` is only tried: where a cluster cannot be opened, what was in use
    before is in use again."""
    places = ("context", "snapshot", "namespace", "since")
    before = {name: getattr(current, name) for name in places}
    try:
        yield
    except WorkbenchError:
        for name, value in before.items():
            setattr(current, name, value)
        raise


async def _cluster(engine: Engine) -> str:
    return engine.cluster


def _known(context: str) -> None:
    from workbench.clusters import contexts

    known = contexts()
    if known and context not in known:
        near = get_close_matches(context, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
        raise UsageError(f"The kubeconfig has no context {context!r}.", hint)


def with_chosen(there: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    """All there is, and what is chosen where that is none of it."""
    return there if not chosen or chosen in there else (chosen, *there)


def named(what: str, value: str) -> str:
    """A choice as a person reads it."""
    none = {"namespace": ALL, "since": "any time", "context": "the kubeconfig's own"}
    return value or none[what]


def looked_at(choices: Choices) -> str:
    """What is looked at, in a line."""
    parts = [f"{what} {named(what, value)}" for what, value, _ in choices.rows]
    return ", ".join([*([choices.cluster] if choices.cluster else []), *parts])


def _listed(there: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    left = len(there) - LISTED
    return there[:LISTED], f"and {left} more" if left > 0 else ""


def _text(choices: Choices) -> str:
    lines = [f"{'cluster':<11}{choices.cluster}"] if choices.cluster else []
    for what, is_chosen, there in choices.rows:
        shown, more = _listed(there)
        words = [f"{'▸' if one == is_chosen else ' '} {named(what, one)}" for one in shown]
        said = "  ".join(w.replace(" ", "\0") for w in [*words, *([more] if more else [])])
        wrapped = textwrap.wrap(
            said,
            display.width(),
            initial_indent=f"{what:<11}",
            subsequent_indent=" " * 11,
            break_on_hyphens=False,
        )
        lines += [line.replace("\0", " ") for line in wrapped]
    lines += [f"Not listed: {choices.unknown}"] if choices.unknown else []
    return "\n".join([*lines, HOW])


def _markdown(choices: Choices) -> str:
    lines = [f"- cluster: {markdown.code(choices.cluster)}"] if choices.cluster else []
    for what, is_chosen, there in choices.rows:
        shown, more = _listed(there)
        words = [
            f"**{markdown.plain(named(what, one))}**"
            if one == is_chosen
            else markdown.plain(named(what, one))
            for one in shown
        ]
        lines.append(f"- {what}: {', '.join([*words, *([more] if more else [])])}")
    lines += [f"- not listed: {markdown.plain(choices.unknown)}"] if choices.unknown else []
    return "\n".join([*lines, "", markdown.code(HOW)])


def _page(choices: Choices) -> html.Html:
    items = []
    for what, is_chosen, there in choices.rows:
        shown, more = _listed(there)
        words = [
            html.tag("strong", named(what, one)) if one == is_chosen else named(what, one)
            for one in shown
        ]
        parts = [part for word in [*words, *([more] if more else [])] for part in (" · ", word)]
        items.append(html.tag("li", html.tag("em", what), " ", *parts[1:]))
    head = html.tag("header", html.tag("strong", choices.cluster or "Where to look"))
    why = (
        html.tag("p", f"Not listed: {choices.unknown}", class_="wb-hint")
        if choices.unknown
        else html.NOTHING
    )
    foot = html.tag("footer", html.tag("code", HOW))
    return html.tag("section", head, html.tag("ul", *items), why, foot, class_="wb wb-quiet")
