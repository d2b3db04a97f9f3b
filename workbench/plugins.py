"""What other packages add, by their entry points. One that is broken is one line, and left out.

Groups and what their entry points name:

- ``workbench.analyzers``: a module with ``ANALYZERS`` and ``CODES``, as in workbench/analyzers;
- ``workbench.tools``: a function that gives a ``core.tools.McpServer``, or several;
- ``workbench.readers``: a mapping from the end of a file's name to a reader, as in
  workbench/knowledge/reading.py;
- ``workbench.agents``: a mapping from names to ``core.agents.AgentProfile``;
- ``workbench.redactors``: a mapping from kinds of secrets to detectors: patterns, or functions from
  a text to where its secrets begin and end, as in workbench/core/redaction/added.py;
- ``workbench.alerts``: a mapping from names of sources to functions from the body of a webhook to
  ``core.alert.Alert``s.
"""

from __future__ import annotations

import functools
import importlib.metadata
import logging
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

logger = logging.getLogger(__name__)

ANALYZERS = "workbench.analyzers"
TOOLS = "workbench.tools"
READERS = "workbench.readers"
AGENTS = "workbench.agents"
REDACTORS = "workbench.redactors"
ALERTS = "workbench.alerts"
GROUPS = (ANALYZERS, TOOLS, READERS, AGENTS, REDACTORS, ALERTS)

T = TypeVar("T")


class Plugin(NamedTuple):
    """An entry point. package: with its version, as ``shop-checks 1.0``."""

    group: str
    name: str
    package: str
    target: object

    def __str__(self) -> str:
        return f"{self.group}: {self.name} of {self.package}"


class Broken(NamedTuple):
    """A plugin that is left out, and why, in one line. quiet: for once, at something that must not
    be shown."""

    plugin: Plugin
    why: str
    quiet: bool = False


class Refusal(Exception):
    """A plugin is not what its group wants. The message ends the line about it."""


_BROKEN: dict[tuple[str, str, str], Broken] = {}


def added(group: str, use: Callable[[object], T]) -> Iterator[tuple[Plugin, T]]:
    """What ``use`` makes of each plugin of a group. One that cannot be imported, or that ``use``
    cannot do with, is told once and left out."""
    for plugin in found(group):
        made = attempt(plugin, lambda plugin=plugin: use(plugin.target))  # type: ignore[misc]
        if not isinstance(made, Broken):
            yield plugin, made


def attempt(plugin: Plugin, work: Callable[[], T], *, quiet: bool = False) -> T | Broken:
    """Do something with a stranger's code. Whatever it raises ends here: what somebody installed
    beside the workbench must not keep it from working.

    quiet: only the kind of an error is told; its words may hold what it was given.
    """
    try:
        return work()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - see above
        return _left_out(plugin, error, quiet)


@functools.cache
def found(group: str) -> tuple[Plugin, ...]:
    """The plugins of a group that can be imported, by name; looked for once in a process."""
    every = sorted(importlib.metadata.entry_points(group=group), key=lambda e: (e.name, e.value))
    imported = []
    for entry in every:
        of = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
        empty = Plugin(group, entry.name, of, None)
        target = attempt(empty, entry.load)
        if not isinstance(target, Broken):
            imported.append(empty._replace(target=target))
    return tuple(imported)


def broken() -> tuple[Broken, ...]:
    """Those that were left out so far."""
    return tuple(_BROKEN.values())


def _left_out(plugin: Plugin, error: BaseException, quiet: bool = False) -> Broken:
    refused = isinstance(error, Refusal)
    words = "" if quiet and not refused else " ".join(str(error).split())[:300]
    kind = "" if refused else f"{type(error).__name__}: "
    one = Broken(plugin, f"{kind}{words}".rstrip(": "), quiet)
    key = (plugin.group, plugin.name, one.why)
    if key not in _BROKEN:
        _BROKEN[key] = one
        logger.warning("Plugin %s %s: %s", plugin, "failed" if quiet else "is left out", one.why)
    return one
