"""The magics: ``%k8s_ask``, ``%k8s_analyze``, ``%k8s_get`` and their relatives.

Only IPython, which is running already, is imported here; the engine comes with the first use.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any, TypeVar

from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand

from workbench.errors import UsageError
from workbench.notebook import forms
from workbench.notebook.options import Parser, expand

if TYPE_CHECKING:
    import pandas as pd

    from workbench.notebook.answer import Answer
    from workbench.notebook.diff import Changes
    from workbench.notebook.values import Run, Text

T = TypeVar("T")
SHOWN = ("card", "table")
"""Formats that the cell's own value is shown in."""


@magics_class
class KubernetesMagics(Magics):
    """Each takes a line apart, calls the function of the same name, and returns
    what that returns."""

    @no_var_expand
    @line_cell_magic
    def k8s_ask(self, line: str, cell: str | None = None) -> Answer | Text | pd.DataFrame | None:
        from workbench.notebook import asking

        given = self._parse(forms.ASK, line)
        if given is None:
            return None
        if given.words[1:2] == ["<<"] and given.words[0].isidentifier():
            given.output, given.words = given.words[0], given.words[2:]
        question = self._said(given.words, cell)
        if not question:
            raise UsageError("%k8s_ask needs a question.", "Try: %k8s_ask why is web restarting")
        wanted = asking.Wanted(
            **_where(given),
            selector=given.selector,
            since=given.since,
            model="analyst" if given.no_llm else given.model,
            agent=given.agent,
            tools=given.tools,
            use=self._frames(given.use),
            budget=given.budget,
            max_calls=given.max_calls,
            incident=given.incident,
            fresh=given.fresh,
        )
        if given.plan:
            given.format = "card"
            return self._kept(given, asking.planned(question, wanted))
        answer = asking.investigate(question, wanted, live=given.format == "card")
        if given.format == "table":
            return self._kept(given, answer.frame())
        return self._kept(given, answer)

    @no_var_expand
    @line_magic
    def k8s_analyze(self, line: str) -> pd.DataFrame | None:
        from workbench.notebook import analysis

        given = self._parse(forms.ANALYZE, line)
        if given is None:
            return None
        frame = analysis.analyze(
            *given.words, **_where(given), selector=given.selector, since=given.since
        )
        return self._kept(given, frame)

    @no_var_expand
    @line_magic
    def k8s_get(self, line: str) -> pd.DataFrame | None:
        from workbench.notebook import session

        given = self._parse(forms.GET, line, at_least=1, at_most=2)
        if given is None:
            return None
        found = session.get(*_object(given), **_where(given), selector=given.selector)
        return self._kept(given, found)

    @no_var_expand
    @line_magic
    def k8s_events(self, line: str) -> pd.DataFrame | None:
        from workbench.notebook import session

        given = self._parse(forms.EVENTS, line, at_most=2)
        if given is None:
            return None
        kind, name = _object(given)
        found = session.events(name, kind=kind, since=given.since, **_where(given))
        return self._kept(given, found)

    @no_var_expand
    @line_magic
    def k8s_top(self, line: str) -> pd.DataFrame | None:
        from workbench.notebook import pictures

        given = self._parse(forms.TOP, line, at_most=1)
        if given is None:
            return None
        what = _word(given, 0) or "pods"
        drawn = given.format == "table"
        frame = pictures.top(what, selector=given.selector, show=drawn, **_where(given))
        return self._kept(given, frame)

    @no_var_expand
    @line_magic
    def k8s_logs(self, line: str) -> Text | None:
        from workbench.notebook import session

        given = self._parse(forms.LOGS, line, at_least=1, at_most=1)
        if given is None:
            return None
        text = session.logs(
            _word(given, 0),
            container=given.container,
            previous=given.previous,
            tail=given.tail,
            since=given.since,
            **_where(given),
        )
        return self._kept(given, text)

    @no_var_expand
    @line_magic
    def k8s_describe(self, line: str) -> Text | None:
        from workbench.notebook import session

        given = self._parse(forms.DESCRIBE, line, at_least=1, at_most=2)
        if given is None:
            return None
        kind, name = _object(given)
        if not name:
            raise UsageError("%k8s_describe needs a kind and a name.", "Try: pod web-1")
        return self._kept(given, session.describe(kind, name, **_where(given)))

    @no_var_expand
    @line_magic
    def k8s_timeline(self, line: str) -> pd.DataFrame | None:
        from workbench.notebook import timeline

        given = self._parse(forms.TIMELINE, line, at_most=2)
        if given is None:
            return None
        kind, name = _object(given)
        drawn = given.format == "table"
        frame = timeline.timeline(kind, name, show=drawn, since=given.since, **_where(given))
        if drawn:
            return self._kept(given, frame)
        sys.stdout.write(timeline.written(frame, given.format).rstrip("\n") + "\n")
        given.format = "table"
        self._kept(given, frame)
        return None

    @no_var_expand
    @line_magic
    def k8s_diff(self, line: str) -> Changes | pd.DataFrame | None:
        from workbench.notebook import diff

        given = self._parse(forms.DIFF, line, at_least=1, at_most=2)
        if given is None:
            return None
        where = {"context": given.context, "snapshot": given.snapshot}
        found = diff.diff(_word(given, 0), _word(given, 1), now=given.now, **where)
        return self._kept(given, found.frame() if given.format == "table" else found)

    @no_var_expand
    @line_magic
    def k8s_runbook(self, line: str) -> Run | Text | pd.DataFrame | None:
        from workbench.notebook import runbooks

        given = self._parse(forms.RUNBOOK, line, at_most=1)
        if given is None:
            return None
        name = _word(given, 0)
        if given.listing:
            return self._kept(given, runbooks.catalogue())
        where: dict[str, Any] = {"context": given.context, "snapshot": given.snapshot}
        if given.new_from and given.show:
            return self._kept(given, runbooks.promotable(given.new_from))
        if given.new_from:
            picked = {"parameters": given.parameters, "out": given.out}
            return self._kept(given, runbooks.promote(given.new_from, **picked, **where))
        if not name:
            raise UsageError("%k8s_runbook needs a name.", "See %k8s_runbook --list.")
        if given.show:
            return self._kept(given, runbooks.runbook(name))
        typed = runbooks.typed(given.parameter)
        return self._kept(given, runbooks.run(name, out=given.out, **where, **typed))

    @no_var_expand
    @line_cell_magic
    def k8s(self, line: str, cell: str | None = None) -> Any:
        from workbench.notebook import subcommands

        given = self._parse(forms.K8S, line)
        if given is None:
            return None
        name, given.words = (given.words or ["status"])[0], given.words[1:]
        return self._kept(given, subcommands.run(name, given, self._said(given.words, cell)))

    @property
    def _names(self) -> dict[str, Any]:
        """The notebook's variables."""
        return self.shell.user_ns if self.shell else {}

    def _said(self, words: list[str], cell: str | None) -> str:
        """The words of the line, and below them the body of the cell."""
        body = expand(cell or "", self._names)
        return "\n".join(part for part in (" ".join(words), body.strip()) if part)

    def _frames(self, names: str) -> dict[str, pd.DataFrame]:
        """The DataFrames of those names. Raises UsageError for what is none."""
        found: dict[str, Any] = {}
        for name in filter(None, (n.strip() for n in names.split(","))):
            frame = self._names.get(name)
            if not hasattr(frame, "columns"):
                raise UsageError(f"--use: {name!r} is no DataFrame here.", "Keep one with -o NAME.")
            found[name] = frame
        return found

    def _parse(
        self, parser: Parser, line: str, at_least: int = 0, at_most: int = sys.maxsize
    ) -> Namespace | None:
        """The options, or None when only help was asked for."""
        given = parser.parse(line, self._names)
        if given.help:
            sys.stdout.write(parser.format_help())
            return None
        if len(given.words) < at_least:
            raise UsageError(
                f"{parser.prog} needs more words.", f"Usage: {parser.prog} {parser.takes} [options]"
            )
        if len(given.words) > at_most:
            extra = given.words[at_most]
            raise UsageError(f"{parser.prog} does not know what to do with {extra!r}.")
        if given.output and not given.output.isidentifier():
            raise UsageError(f"{given.output!r} is not a variable name.")
        return given

    def _kept(self, given: Namespace, value: T) -> T | None:
        """The value, also as the variable ``-o`` names. Another format than the first is written
        out here, and then nothing is returned that the cell would draw again."""
        if given.output:
            self._names[given.output] = value
        form = getattr(given, "format", "card")
        if form in SHOWN:
            return value
        from workbench.notebook.display import written

        form = "markdown" if form == "md" else form
        sys.stdout.write(written(value, form).rstrip("\n") + "\n")
        return None


for _form in forms.PARSERS.values():
    getattr(KubernetesMagics, _form.prog.lstrip("%")).__doc__ = _form.format_help()


def _where(given: Namespace) -> dict[str, Any]:
    """Where to look; None for what was not typed, "" for every namespace."""
    namespace = "" if given.all_namespaces else given.namespace
    return {"namespace": namespace, "context": given.context, "snapshot": given.snapshot}


def _word(given: Namespace, index: int) -> str:
    return given.words[index] if index < len(given.words) else ""


def _object(given: Namespace) -> tuple[str, str]:
    """``pod web-1`` and ``pod/web-1`` as kind and name."""
    first = _word(given, 0)
    kind, slash, name = first.partition("/")
    return (kind, name) if slash else (first, _word(given, 1))
