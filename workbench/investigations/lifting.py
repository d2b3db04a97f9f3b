"""Recorded values of calls as parameters of a runbook: all of them, or those a person picks."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

from workbench.core.characters import one_line
from workbench.core.evidence import Evidence
from workbench.core.redaction import variable_holds_a_secret
from workbench.errors import UsageError

HELP = {
    "namespace": "where to look",
    "pod": "the pod that was looked at",
    "name": "the object that was looked at",
    "container": "the container that was looked at",
    "selector": "label selector",
    "since": "how far back",
    "tail_lines": "log lines, at most",
}
"""What the arguments of the Kubernetes tools mean, as the help of a parameter."""

PREFIX = "kube_"
LIFTED = (str, int, float)
NONE = "none"


class Literal(msgspec.Struct, frozen=True):
    """A recorded value that can be a parameter.

    calls: labels of those it was given to. lifted: whether it is one.
    """

    name: str
    value: Any
    help: str
    calls: tuple[str, ...]
    lifted: bool

    @property
    def type(self) -> str:
        return type(self.value).__name__


class Lifting:
    """Values of calls as parameters; the same value under the same name is one parameter.

    chosen: names of those that become one, the others stay as they were; None for all.
    """

    def __init__(self, chosen: Sequence[str] | None = None) -> None:
        self._chosen = None if chosen is None else frozenset(chosen)
        self._values: dict[str, Any] = {}
        self._help: dict[str, str] = {}
        self._calls: dict[str, list[str]] = {}

    def call(self, row: Evidence) -> str:
        """A line that makes the call again."""
        given = (
            _given(name, self._argument(name, value, row))
            for name, value in row.arguments.items()
            if value is not None
        )
        tool = row.tool.removeprefix(PREFIX)
        return f"display(wb.tool({', '.join([json.dumps(tool), *given])}))  # {row.label}"

    def written(self, argument: str, value: Any, help: str, label: str = "") -> str:
        """The parameter that stands for the value, or the value where it stays."""
        name = self._name(argument, value)
        self._help.setdefault(name, help)
        if label:
            self._calls.setdefault(name, []).append(label)
        return name if self._lifted(name) else literal(value)

    @property
    def literals(self) -> tuple[Literal, ...]:
        """Everything that can be a parameter, by name."""
        return tuple(
            Literal(
                name, value, self._help[name], tuple(self._calls.get(name, ())), self._lifted(name)
            )
            for name, value in sorted(self._values.items())
        )

    def declarations(self) -> str:
        """What the cell of parameters declares. Raises UsageError for a chosen name that none
        has."""
        self._check()
        return "\n".join(
            f"{one.name}: {one.type} = {literal(one.value)}  # {one.help}"
            for one in self.literals
            if one.lifted
        )

    def _argument(self, argument: str, value: Any, row: Evidence) -> str:
        if argument == "kind" or not isinstance(value, LIFTED) or isinstance(value, bool):
            return literal(value)
        kind = row.arguments.get("kind")
        if argument == "name" and isinstance(kind, str) and kind.isidentifier():
            shown = one_line(kind, 40)
            return self.written(kind.lower(), value, f"the {shown} that was looked at", row.label)
        plain = f"{one_line(argument.replace('_', ' '), 80)} of the recorded call"
        return self.written(argument, value, HELP.get(argument, plain), row.label)

    def _name(self, argument: str, value: Any) -> str:
        plain = re.sub(r"\W", "_", argument)
        plain = f"{plain}_" if keyword.iskeyword(plain) or not plain.isidentifier() else plain
        name, number = _harmless(plain), 2
        while name in self._values and self._values[name] != value:
            name, number = _harmless(f"{plain}_{number}"), number + 1
        self._values[name] = value
        return name

    def _lifted(self, name: str) -> bool:
        return self._chosen is None or name in self._chosen

    def _check(self) -> None:
        unknown = sorted((self._chosen or frozenset()) - self._values.keys())
        if unknown:
            near = get_close_matches(unknown[0], self._values, n=1, cutoff=0.5)
            known = f"There are: {', '.join(sorted(self._values)) or NONE}."
            hint = f"Did you mean {near[0]}? {known}" if near else known
            raise UsageError(f"No recorded value is called {unknown[0]!r}.", hint)


def _harmless(name: str) -> str:
    """The name of a Secret is none, and a parameter called ``secret`` takes nothing but references
    to where one is."""
    return f"{name}_name" if variable_holds_a_secret(name) else name


def _given(argument: str, written: str) -> str:
    """The argument of a call. A tool of another server may call its own what is no name in Python
    (``from``, ``max-lines``); a model chooses it where a schema takes any."""
    if argument.isidentifier() and not keyword.iskeyword(argument):
        return f"{argument}={written}"
    return f"**{{{literal(argument)}: {written}}}"


def literal(value: Any) -> str:
    """As Python has it, text in double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def chosen(names: str) -> tuple[str, ...] | None:
    """The names of ``namespace,pod``; none for ``none``, and None, which means all, for ""."""
    given = tuple(name for name in (part.strip() for part in names.split(",")) if name)
    return () if given == (NONE,) else given or None


def told(literals: Sequence[Literal]) -> str:
    """Which became parameters, which did not, and how to choose."""
    if not literals:
        return "No recorded value could be a parameter."
    kept = [f"{one.name}={literal(one.value)}" for one in literals if not one.lifted]
    lifted = ", ".join(one.name for one in literals if one.lifted) or NONE
    stay = f"; as they were: {one_line(', '.join(kept), 200)}" if kept else ""
    how = "" if kept else " (--parameters chooses, as in --parameters namespace; --show lists them)"
    return f"Parameters: {lifted}{stay}{how}"


def listed(literals: Sequence[Literal]) -> str:
    """A line each: name, type, recorded value, and the calls it was given to."""
    rows = [
        (one.name, one.type, one_line(literal(one.value), 60), ", ".join(one.calls) or "the gates")
        for one in literals
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
    return "\n".join(lines) or told(literals)
