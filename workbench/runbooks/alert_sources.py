"""Who tells of alerts: Alertmanager, and sources whose words other packages can read."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable

from workbench import plugins
from workbench.core.alert import MOST_ALERTS, Alert, parse
from workbench.errors import UsageError
from workbench.plugins import Broken, Plugin, Refusal

Reader = Callable[[bytes], Iterable[Alert]]
"""From the body of a webhook to the alerts it tells of. Raises UsageError, in one sentence, for
what is none of its."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def alerts_in(body: bytes, source: str = "") -> tuple[Alert, ...]:
    """The alerts a webhook tells of, in the words of its source; "" for Alertmanager's.

    Raises UsageError for a source nobody reads, and for what its reader cannot do with.
    """
    if not source:
        return parse(body)
    found = sources().get(source)
    if found is None:
        known = ", ".join(sources()) or "none is installed"
        raise UsageError(f"There is no source of alerts called {source!r}.", f"Known: {known}.")
    plugin, reader = found
    made = plugins.attempt(plugin, lambda: _read(reader, body), quiet=True)
    if isinstance(made, UsageError):
        raise made
    if isinstance(made, Broken):
        raise UsageError(
            f"The source {source} cannot do with this: {made.why.rstrip('.')}.",
            f"It is of {plugin.package}.",
        )
    return made


@functools.cache
def sources() -> dict[str, tuple[Plugin, Reader]]:
    """The sources of other packages by name; of two with one name the first stays."""
    found: dict[str, tuple[Plugin, Reader]] = {}
    for plugin, readers in plugins.added(plugins.ALERTS, _readers):
        found |= {name: (plugin, one) for name, one in readers.items() if name not in found}
    return found


def _read(reader: Reader, body: bytes) -> tuple[Alert, ...] | UsageError:
    try:
        made = tuple(reader(body))
    except UsageError as error:
        return error
    if not all(isinstance(alert, Alert) for alert in made):
        raise Refusal("it gave something that is no Alert.")
    if len(made) > MOST_ALERTS:
        raise Refusal(f"it gave {len(made)} alerts, more than {MOST_ALERTS}.")
    return made


def _readers(target: object) -> dict[str, Reader]:
    if not isinstance(target, dict) or not all(map(callable, target.values())):
        raise Refusal("it is no mapping from names of sources to functions.")
    if wrong := [name for name in target if not _NAME.fullmatch(str(name))]:
        raise Refusal(f"{wrong[0]!r} is no name of a source, like grafana in lower case.")
    return target
