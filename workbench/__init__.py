"""A notebook-native workbench for troubleshooting Kubernetes.

In a notebook: ``%load_ext workbench``, then ``%k8s_ask``, ``%k8s_analyze``, ``%k8s_get``. In
Python: ``import workbench as wb``, then ``wb.ask(…)``, ``wb.get(…)``: the same engine. Each that
asks the cluster has a twin to await: ``await wb.aask(…)``, ``await wb.aget(…)``.
Nothing is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.notebook.asking import aask, ask, load
    from workbench.notebook.awaited import (
        aanalyze,
        adescribe,
        aevents,
        aget,
        alogs,
        arun,
        atimeline,
        atop,
    )
    from workbench.notebook.checks import (
        baseline,
        events_of,
        faults,
        fresh,
        judge,
        look,
        tool,
        words_of,
    )
    from workbench.notebook.gates import gate, secret
    from workbench.notebook.incident import board, hypothesis, incident, note
    from workbench.notebook.pictures import difference, owners, top
    from workbench.notebook.runbooks import promote, run, runbooks
    from workbench.notebook.session import (
        analyze,
        describe,
        events,
        evidence,
        get,
        logs,
        report,
        statement,
    )
    from workbench.notebook.subcommands import cost, status
    from workbench.notebook.timeline import timeline

_HOMES = {
    "asking": ("aask", "ask", "load"),
    "awaited": (
        *("aanalyze", "adescribe", "aevents", "aget", "alogs", "arun", "atimeline", "atop"),
    ),
    "checks": ("baseline", "events_of", "faults", "fresh", "judge", "look", "tool", "words_of"),
    "gates": ("gate", "secret"),
    "incident": ("board", "hypothesis", "incident", "note"),
    "pictures": ("difference", "owners", "top"),
    "runbooks": ("promote", "run", "runbooks"),
    "session": (
        *("analyze", "describe", "events", "evidence", "get", "logs", "report", "statement"),
    ),
    "subcommands": ("cost", "status"),
    "timeline": ("timeline",),
}

__all__ = [
    "aanalyze",
    "aask",
    "adescribe",
    "aevents",
    "aget",
    "alogs",
    "analyze",
    "arun",
    "ask",
    "atimeline",
    "atop",
    "baseline",
    "board",
    "cost",
    "describe",
    "difference",
    "events",
    "events_of",
    "evidence",
    "faults",
    "fresh",
    "gate",
    "get",
    "hypothesis",
    "incident",
    "judge",
    "load",
    "logs",
    "look",
    "note",
    "owners",
    "promote",
    "report",
    "run",
    "runbooks",
    "secret",
    "statement",
    "status",
    "timeline",
    "tool",
    "top",
    "words_of",
]


def __getattr__(name: str) -> Any:
    home = next((home for home, names in _HOMES.items() if name in names), "")
    if not home:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"workbench.notebook.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext workbench``."""
    from workbench.notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext workbench``."""
    from workbench.notebook.extension import unload

    unload(shell)
