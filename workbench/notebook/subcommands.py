"""``%k8s`` and what comes after it: one function a subcommand, listed in ``forms.SUBCOMMANDS``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, TypeVar

from workbench.errors import UsageError
from workbench.notebook import (
    about,
    changes,
    choosing,
    forms,
    incident,
    incidents,
    knowledge,
    session,
)
from workbench.notebook.values import Text

T = TypeVar("T")


def run(name: str, given: Namespace, said: str) -> Any:
    """What the subcommand returns. ``said``: its words and the cell's body.

    Raises UsageError for one that does not exist.
    """
    if name not in COMMANDS:
        near = get_close_matches(name, COMMANDS, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(COMMANDS)}."
        raise UsageError(f"%k8s does not know {name!r}.", hint)
    if given.words and not forms.SUBCOMMANDS[name][0]:
        raise UsageError(f"%k8s {name} does not know what to do with {given.words[0]!r}.")
    return COMMANDS[name](given, said)


def _use(given: Namespace, said: str) -> Any:
    words = given.words
    if len(words) > 1:
        raise UsageError("%k8s use takes one context.", f"Usage: {_usage('use')}")
    context = words[0] if words else given.context
    where = {"namespace": given.namespace, "since": given.since, "snapshot": given.snapshot}
    if context or any(value is not None for value in where.values()):
        with choosing.unless_it_fails():
            choosing.use(context or "", **where)
            return about.status()
    return _clicked(given, "use", "picker", choosing.choices())


def _incident(given: Namespace, said: str) -> Any:
    words = given.words
    if not words or (len(words) == 1 and _names_investigation(words[0])):
        return incident.incident(*words)
    return incidents.told(given)


def _names_investigation(word: str) -> bool:
    """Whether it is ``INV-3`` or a UUID, rather than a verb or ``INC-1``."""
    return any(c.isdigit() for c in word) and not word.upper().startswith("INC-")


def _changes(given: Namespace, said: str) -> Any:
    if given.words:
        return changes.change(_only(given, "changes"), context=given.context)
    return changes.changes(context=given.context)


def _sweep(given: Namespace, said: str) -> Any:
    from workbench.notebook import sweeps

    return sweeps.told(given)


def _approve(given: Namespace, said: str) -> Text:
    which, digest = _only(given, "approve"), given.digest
    return changes.approve(which, digest=digest, wait=given.wait, context=given.context)


def _deny(given: Namespace, said: str) -> Text:
    return changes.deny(_only(given, "deny"), context=given.context)


def _knowledge(given: Namespace, said: str) -> Any:
    match given.words:
        case ["search", _, *_]:
            words = said.removeprefix("search").strip()
            return knowledge.search(words, type=given.type, namespace=given.namespace)
        case ["ingest", _, *_] as words:
            return knowledge.ingest(*words[1:], shared=given.shared)
    raise UsageError("%k8s knowledge needs a verb.", f"Usage: {_usage('knowledge')}")


def _only(given: Namespace, name: str) -> str:
    """The one word that the subcommand takes."""
    if len(given.words) != 1:
        raise UsageError(f"%k8s {name} takes one change.", f"Usage: {_usage(name)}")
    return str(given.words[0])


def _fork(given: Namespace, said: str) -> Any:
    from workbench.notebook import asking, forking

    if not given.words:
        raise UsageError("%k8s fork needs an investigation.", f"Usage: {_usage('fork')}")
    which = given.words[0]
    where = {"context": given.context, "snapshot": given.snapshot}
    wanted = asking.Wanted(model=given.model, agent=given.agent, **where)
    return forking.forked(which, said.removeprefix(which).strip(), given.after, wanted)


def _evidence(given: Namespace, said: str) -> Any:
    if not 1 <= len(given.words) <= 2:
        raise UsageError("%k8s evidence needs a label.", f"Usage: {_usage('evidence')}")
    return session.evidence(*given.words, live=given.live)


def _note(given: Namespace, said: str) -> Any:
    if not said:
        raise UsageError("There is nothing to note.", f"Usage: {_usage('note')}")
    return incident.note(said, evidence=given.evidence)


def _hypothesis(given: Namespace, said: str) -> Any:
    match given.words:
        case [] if not said:
            return _clicked(given, "hypothesis", "board", incident.board())
        case ["confirmed" | "refuted" as standing, label]:
            return incident.hypothesis(label, standing, evidence=given.evidence)
        case ["confirmed" | "refuted" as standing]:
            raise UsageError(f"Which one is {standing}?", f"Like: %k8s hypothesis {standing} H1")
    return incident.hypothesis(said, evidence=given.evidence)


def _clicked(given: Namespace, name: str, control: str, value: T) -> T | None:
    """The value of that subcommand, or None when controls were drawn instead."""
    from workbench.notebook import controls

    if given.output or not controls.wanted(name):
        return value
    getattr(controls, control)(value)
    return None


def _report(given: Namespace, said: str) -> Any:
    if not 1 <= len(given.words) <= 2:
        raise UsageError("%k8s report needs an investigation.", f"Usage: {_usage('report')}")
    return session.report(*given.words)


def _model(given: Namespace, said: str) -> Text:
    if len(given.words) > 1:
        raise UsageError("%k8s model takes one model.", f"Usage: {_usage('model')}")
    return about.model(*given.words)


def _help(given: Namespace, said: str) -> None:
    sys.stdout.writelines(f"{p.prog:<14} {p.summary}\n" for p in forms.PARSERS.values())
    width = max(map(len, forms.SUBCOMMANDS))
    lines = (f"%k8s {n:<{width}}  {what}\n" for n, (_, what) in forms.SUBCOMMANDS.items())
    sys.stdout.writelines(lines)


def _usage(name: str) -> str:
    return f"%k8s {name} {forms.SUBCOMMANDS[name][0]}"


COMMANDS: dict[str, Callable[[Namespace, str], Any]] = {
    "use": _use,
    "status": lambda *_: about.status(),
    "mcp": lambda *_: about.servers(),
    "tools": lambda *_: about.tools(),
    "incident": _incident,
    "fork": _fork,
    "evidence": _evidence,
    "note": _note,
    "hypothesis": _hypothesis,
    "sweep": _sweep,
    "changes": _changes,
    "approve": _approve,
    "deny": _deny,
    "knowledge": _knowledge,
    "cost": lambda *_: about.cost(),
    "snapshot": lambda *_: about.snapshot(),
    "report": _report,
    "model": _model,
    "help": _help,
}
