"""What Tab offers after a magic: options, subcommands, kinds, contexts of the kubeconfig, runbooks,
their parameters, models, and the namespaces, names and labels seen in this session. Nothing is
asked of the cluster.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from workbench.notebook.defaults import SINCE
from workbench.notebook.forms import INCIDENT_VERBS, PARSERS, SUBCOMMANDS

OURS = "workbench"
_TAKES_KIND = frozenset({"%k8s_get", "%k8s_describe", "%k8s_events", "%k8s_timeline"})
_TAKES_NAME = _TAKES_KIND | {"%k8s_logs", "%k8s_analyze"}
_MAGIC = re.compile(r"\s*(?:[\w., ]+=\s*)?%{1,2}(k8s\w*)\s")
_LABEL = re.compile(r"(?:INV|INC|SW|C|E)-?\d+")


def matcher(shell: Any) -> Any:
    """What IPython asks for what may stand where the cursor is (IPython reference,
    ``IPython.core.completer``, Matcher API v2). On a line of ours nothing else is offered."""

    @context_matcher(identifier=OURS)  # type: ignore[untyped-decorator]
    def offered(context: CompletionContext) -> SimpleMatcherResult:
        found = complete(shell, context.text_until_cursor, context.token)
        completions = [SimpleCompletion(text) for text in found]
        return SimpleMatcherResult(completions=completions, suppress=True)

    return offered


def complete(shell: Any, line: str, typed: str) -> list[str]:
    """What may stand in the place of ``typed``, with which the line ends."""
    begun = _MAGIC.match(line)
    parser = PARSERS.get(f"%{begun[1]}") if begun else None
    if begun is None or parser is None or not line.endswith(typed):
        return []
    before = line[begun.start(1) : len(line) - len(typed)].split()
    found = _candidates(parser.prog, before, typed, shell) if before else ()
    return sorted({c for c in found if c.startswith(typed)})


def _candidates(magic: str, before: list[str], typed: str, shell: Any) -> Iterable[str]:
    previous, first = before[-1], len(before) == 1
    match previous:
        case "-n" | "--namespace":
            return _session("seen_namespaces")
        case "-c" | "--context":
            return _contexts()
        case "-m" | "--model":
            return _models()
        case "--agent":
            return _agents()
        case "--since":
            return SINCE
        case "--use":
            return [n for n, v in _names(shell) if hasattr(v, "columns") and n[0] != "_"]
        case "--incident":
            return _labels(shell, "INV-")
        case "-p" | "--parameter":
            return _parameters(before)
        case "--format":
            actions = [a for a in PARSERS[magic]._actions if a.dest == "format"]
            return [str(c) for a in actions for c in a.choices or ()]
        case "--from":
            return ["demo"]
        case "-e" | "--evidence" | "--after":
            return _labels(shell, "E")
        case "--new-from":
            return _labels(shell, "INV-")
        case "--outcome":
            return ["fixed", "mitigated", "passed", "unfixed"]
        case "--over":
            return ["contexts"]
        case "--type":
            return ["note", "page", "runbook", "alert", "conversation", "incident"]
    if typed.startswith("-"):
        return PARSERS[magic].flags
    if magic == "%k8s":
        return SUBCOMMANDS if first else _after(before[1], shell)
    if magic == "%k8s_runbook" and first:
        return _runbooks()
    if magic == "%k8s_diff":
        return [*_labels(shell, "INV-"), *_labels(shell, "E")]
    if magic == "%k8s_top" and first:
        return ["pods", "nodes"]
    kind, slash, _ = typed.partition("/")
    names = [f"{kind}/{name}" if slash else name for name in _session("seen_names")]
    if magic in _TAKES_KIND and first:
        return names if slash else kinds()
    if magic == "%k8s_analyze":
        return [*kinds(), *names]
    return names if magic in _TAKES_NAME else []


def _after(subcommand: str, shell: Any) -> Iterable[str]:
    """What may follow a subcommand of ``%k8s``."""
    match subcommand:
        case "use":
            return _contexts()
        case "model":
            return _models()
        case "incident":
            return [*INCIDENT_VERBS, *_labels(shell, "INV-"), *_labels(shell, "INC-")]
        case "report" | "fork":
            return _labels(shell, "INV-")
        case "sweep":
            return ["cancel", *_labels(shell, "SW-"), *_runbooks()]
        case "changes" | "approve" | "deny":
            return _labels(shell, "C-")
        case "knowledge":
            return ["search", "ingest"]
        case "evidence":
            return [*_labels(shell, "INV-"), *_labels(shell, "E")]
        case "hypothesis":
            return ["confirmed", "refuted"]
    return []


def kinds() -> list[str]:
    from workbench.notebook.kinds import kinds as known

    return known()


def _agents() -> list[str]:
    from workbench.agent.templates import templates

    return list(templates())


def _models() -> list[str]:
    return ["analyst", "anthropic:", "openai:"]


def _contexts() -> list[str]:
    from workbench.clusters import contexts

    return contexts()


def _runbooks() -> list[str]:
    from workbench.runbooks.catalogue import catalogue
    from workbench.settings import load_settings

    return [book.name for book in catalogue(load_settings().runbook_dirs).runbooks]


def _parameters(before: list[str]) -> list[str]:
    """``name=`` for each parameter of the runbook on the line, with its choices if it has some."""
    from workbench.runbooks.catalogue import catalogue
    from workbench.settings import load_settings

    books = catalogue(load_settings().runbook_dirs).runbooks
    book = next((book for book in books if book.name in before), None)
    taken = {word.partition("=")[0] for word in before if "=" in word}
    return [
        f"{parameter.name}={choice}"
        for parameter in (book.parameters if book else ())
        if parameter.name not in taken
        for choice in parameter.choices or ("",)
    ]


def _labels(shell: Any, prefix: str) -> set[str]:
    """Labels of investigations and calls that variables of the notebook hold."""
    found: set[str] = set()
    for _, value in _names(shell):
        label = getattr(value, "label", "")
        attrs = getattr(value, "attrs", {})
        cited = getattr(value, "cited", ()) if label else ()
        evidence = attrs.get("evidence", "") if isinstance(attrs, dict) else ""
        swept = attrs.get("sweep", "") if isinstance(attrs, dict) else ""
        parts = (label, evidence, swept, *cited)
        found.update(p for p in parts if isinstance(p, str) and _LABEL.fullmatch(p))
    return {label for label in found if label.startswith(prefix)}


def _names(shell: Any) -> list[tuple[str, Any]]:
    return list(getattr(shell, "user_ns", {}).items())


def _session(name: str) -> Iterable[str]:
    """What results of this session named; nothing before the first of them."""
    session = sys.modules.get("workbench.notebook.session")
    return sorted(getattr(session, name)) if session else []
