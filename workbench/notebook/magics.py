"""The magics: ``%k8s_ask``, ``%k8s_analyze``, ``%k8s_get`` and their relatives.

Only IPython, which is running already, is imported here; the engine comes with the first use.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any, TypeVar

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    line_magic,
    magics_class,
    no_var_expand,
)

from workbench.errors import UsageError
from workbench.notebook.options import Parser, expand

if TYPE_CHECKING:
    import pandas as pd

    from workbench.notebook.values import Answer, Text

T = TypeVar("T")


def _parser(prog: str, takes: str, about: str, *examples: str) -> Parser:
    text = "\n".join(
        [about, *(["", "Examples:"] if examples else []), *(f"  {e}" for e in examples)]
    )
    parser = Parser(prog, takes, text)
    parser.add_argument("-c", "--context", default="", help="kubeconfig context")
    parser.add_argument("-n", "--namespace", default="", help="namespace; none for all of them")
    parser.add_argument("-A", "--all-namespaces", action="store_true", help="the same as no -n")
    parser.add_argument(
        "-o", "--output", default="", metavar="NAME", help="keep the result as NAME"
    )
    return parser


def _shown(parser: Parser, *choices: str) -> None:
    parser.add_argument(
        "--format", default=choices[0], choices=choices, help="what is shown; the value is the same"
    )


def _selected(parser: Parser) -> None:
    parser.add_argument("-l", "--selector", default="", help="label selector, such as app=web")


def _since(parser: Parser) -> None:
    parser.add_argument(
        "--since", default="", help="how far back events and logs matter: 30m, 2h, 1d"
    )


ASK = _parser(
    "%k8s_ask",
    "QUESTION",
    "Investigate a question. As %%k8s_ask the question is the cell's body.\n"
    "{{ name }} stands for a variable of the notebook.",
    "%k8s_ask why is checkout slow -n shop --since 1h",
    "inv = %k8s_ask why is {{ pod }} restarting",
    "%k8s_ask inv << why is web restarting",
)
_selected(ASK)
_since(ASK)
ASK.add_argument("-m", "--model", default="", help="provider:model, or analyst for no model")
_shown(ASK, "card", "text", "markdown", "json")

ANALYZE = _parser(
    "%k8s_analyze",
    "[NAME]",
    "Run the analyzers, without a model: findings as a DataFrame, likeliest cause first.",
    "%k8s_analyze -n shop",
    "findings = %k8s_analyze web -n shop",
)
_selected(ANALYZE)
_since(ANALYZE)
_shown(ANALYZE, "table", "text", "markdown", "json")

GET = _parser(
    "%k8s_get",
    "KIND [NAME]",
    "Objects of a kind as a DataFrame, in kubectl's words.",
    "%k8s_get pods -A",
    "%k8s_get pod web-1 -n shop",
    "%k8s_get deploy -l app=web",
)
_selected(GET)
_shown(GET, "table", "text", "json")

EVENTS = _parser(
    "%k8s_events",
    "[KIND/NAME]",
    "Events as a DataFrame, of everything or of one object.",
    "%k8s_events -n shop --since 1h",
    "%k8s_events pod/web-1 -n shop",
)
_since(EVENTS)
_shown(EVENTS, "table", "text", "json")

LOGS = _parser(
    "%k8s_logs",
    "POD",
    "The end of a container's log.",
    "%k8s_logs web-1 -n shop --previous --tail 50",
)
LOGS.add_argument("--container", default="", help="which container; needed when there are several")
LOGS.add_argument("-p", "--previous", action="store_true", help="the run before the last restart")
LOGS.add_argument("--tail", type=int, default=200, metavar="LINES", help="at most so many lines")
_since(LOGS)

DESCRIBE = _parser(
    "%k8s_describe", "KIND NAME", "One object with its events.", "%k8s_describe pod web-1 -n shop"
)

TIMELINE = _parser(
    "%k8s_timeline",
    "[KIND/NAME]",
    "What happened when, and what changed before it broke: a picture, and a DataFrame.",
    "%k8s_timeline deploy/web -n shop",
    "moments = %k8s_timeline -n shop --since 2h",
)
_since(TIMELINE)
_shown(TIMELINE, "table", "text", "markdown", "json", "svg")

K8S = Parser(
    "%k8s",
    "status | evidence [INV-n] E-n | report INV-n [FOLDER] | help",
    "About the workbench itself: what is open, a recorded call, a report, the magics.",
)

PARSERS = {p.prog: p for p in (ASK, ANALYZE, GET, EVENTS, LOGS, DESCRIBE, TIMELINE, K8S)}


@magics_class
class KubernetesMagics(Magics):
    """Each takes a line apart, calls the function of the same name in ``session``, and returns
    what that returns."""

    @no_var_expand
    @line_cell_magic
    def k8s_ask(self, line: str, cell: str | None = None) -> Answer | None:
        from workbench.notebook import session
        from workbench.notebook.scope import scope

        given = self._parse(ASK, line)
        if given is None:
            return None
        if given.words[1:2] == ["<<"] and given.words[0].isidentifier():
            given.output, given.words = given.words[0], given.words[2:]
        body = expand(cell or "", self._names)
        question = "\n".join(part for part in (" ".join(given.words), body.strip()) if part)
        if not question:
            raise UsageError("%k8s_ask needs a question.", "Try: %k8s_ask why is web restarting")
        where = scope(given.namespace, given.context, given.selector, given.since)
        live = given.format == "card"
        return self._kept(given, session.investigate(question, where, given.model, live=live))

    @no_var_expand
    @line_magic
    def k8s_analyze(self, line: str) -> pd.DataFrame | None:
        from workbench.notebook import session

        given = self._parse(ANALYZE, line, at_most=1)
        if given is None:
            return None
        return self._kept(
            given,
            session.analyze(
                name=_word(given, 0),
                namespace=given.namespace,
                context=given.context,
                selector=given.selector,
                since=given.since,
            ),
        )

    @no_var_expand
    @line_magic
    def k8s_get(self, line: str) -> pd.DataFrame | None:
        from workbench.notebook import session

        given = self._parse(GET, line, at_least=1, at_most=2)
        if given is None:
            return None
        kind, name = _object(given)
        return self._kept(
            given,
            session.get(
                kind,
                name,
                namespace=given.namespace,
                context=given.context,
                selector=given.selector,
            ),
        )

    @no_var_expand
    @line_magic
    def k8s_events(self, line: str) -> pd.DataFrame | None:
        from workbench.notebook import session

        given = self._parse(EVENTS, line, at_most=2)
        if given is None:
            return None
        kind, name = _object(given)
        where = {"namespace": given.namespace, "context": given.context}
        return self._kept(given, session.events(name, kind=kind, since=given.since, **where))

    @no_var_expand
    @line_magic
    def k8s_logs(self, line: str) -> Text | None:
        from workbench.notebook import session

        given = self._parse(LOGS, line, at_least=1, at_most=1)
        if given is None:
            return None
        return self._kept(
            given,
            session.logs(
                _word(given, 0),
                namespace=given.namespace,
                container=given.container,
                previous=given.previous,
                tail=given.tail,
                since=given.since,
                context=given.context,
            ),
        )

    @no_var_expand
    @line_magic
    def k8s_describe(self, line: str) -> Text | None:
        from workbench.notebook import session

        given = self._parse(DESCRIBE, line, at_least=1, at_most=2)
        if given is None:
            return None
        kind, name = _object(given)
        if not name:
            raise UsageError("%k8s_describe needs a kind and a name.", "Try: pod web-1")
        where = {"namespace": given.namespace, "context": given.context}
        return self._kept(given, session.describe(kind, name, **where))

    @no_var_expand
    @line_magic
    def k8s_timeline(self, line: str) -> pd.DataFrame | None:
        from workbench.notebook import timeline

        given = self._parse(TIMELINE, line, at_most=2)
        if given is None:
            return None
        kind, name = _object(given)
        where = {"namespace": given.namespace, "context": given.context, "since": given.since}
        drawn = given.format == "table"
        frame = timeline.timeline(kind, name, show=drawn, **where)
        if not drawn:
            sys.stdout.write(timeline.written(frame, given.format).rstrip("\n") + "\n")
            given.format = "table"
            self._kept(given, frame)
            return None
        return self._kept(given, frame)

    @no_var_expand
    @line_magic
    def k8s(self, line: str) -> Any:
        from workbench.notebook import session

        given = self._parse(K8S, line)
        if given is None:
            return None
        match given.words:
            case [] | ["status"]:
                return session.status()
            case ["evidence", *labels] if 1 <= len(labels) <= 2:
                return session.evidence(*labels)
            case ["report", label, *folder] if len(folder) <= 1:
                return session.report(label, *folder)
            case ["help"]:
                sys.stdout.writelines(f"{p.prog:<14} {p.summary}\n" for p in PARSERS.values())
                return None
        said = " ".join(given.words)
        raise UsageError(f"%k8s does not know {said!r}.", f"Try: %k8s {K8S.takes}")

    @property
    def _names(self) -> dict[str, Any]:
        """The notebook's variables."""
        return self.shell.user_ns if self.shell else {}

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
        output = getattr(given, "output", "")
        if output and not output.isidentifier():
            raise UsageError(f"{output!r} is not a variable name.")
        return given

    def _kept(self, given: Namespace, value: T) -> T | None:
        """The value, also as the variable ``-o`` names. Another format than the first is written
        out here, and then nothing is returned that the cell would draw again."""
        if given.output:
            self._names[given.output] = value
        if getattr(given, "format", "card") in ("card", "table"):
            return value
        from workbench.notebook.display import written

        sys.stdout.write(written(value, given.format).rstrip("\n") + "\n")
        return None


for _magic, _options in (
    (KubernetesMagics.k8s_ask, ASK),
    (KubernetesMagics.k8s_analyze, ANALYZE),
    (KubernetesMagics.k8s_get, GET),
    (KubernetesMagics.k8s_events, EVENTS),
    (KubernetesMagics.k8s_logs, LOGS),
    (KubernetesMagics.k8s_describe, DESCRIBE),
    (KubernetesMagics.k8s_timeline, TIMELINE),
    (KubernetesMagics.k8s, K8S),
):
    _magic.__doc__ = _options.format_help()


def _word(given: Namespace, index: int) -> str:
    return given.words[index] if index < len(given.words) else ""


def _object(given: Namespace) -> tuple[str, str]:
    """``pod web-1`` and ``pod/web-1`` as kind and name."""
    first = _word(given, 0)
    kind, slash, name = first.partition("/")
    return (kind, name) if slash else (first, _word(given, 1))
