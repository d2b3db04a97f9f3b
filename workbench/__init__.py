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
        aapprove,
        aattach,
        acancel_sweep,
        achange,
        achanges,
        aclose_incident,
        adeny,
        adescribe,
        adiff,
        aevents,
        aevidence,
        aget,
        aincidents,
        aingest,
        alogs,
        anote_incident,
        aopen_incident,
        apostmortem,
        apromote,
        apropose,
        arun,
        asearch,
        asimilar,
        asweeps,
        aswept,
        atimeline,
        atop,
    )
    from workbench.notebook.changes import approve, change, changes, deny, propose
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
    from workbench.notebook.choosing import choices, use
    from workbench.notebook.diff import diff
    from workbench.notebook.forking import afork, fork
    from workbench.notebook.gates import gate, secret
    from workbench.notebook.incident import board, hypothesis, incident, note
    from workbench.notebook.incidents import (
        attach,
        close_incident,
        incidents,
        note_incident,
        open_incident,
        postmortem,
        similar,
    )
    from workbench.notebook.knowledge import ingest, search
    from workbench.notebook.pictures import difference, owners, top
    from workbench.notebook.runbooks import catalogue, promotable, promote, run
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
    from workbench.notebook.sweeps import asweep, cancel_sweep, sweep, sweeps, swept
    from workbench.notebook.timeline import timeline

_HOMES = {
    "asking": "aask ask load",
    "awaited": (
        "aanalyze aapprove aattach acancel_sweep achange achanges aclose_incident adeny adescribe "
        "adiff aevents aevidence aget aincidents aingest alogs anote_incident aopen_incident "
        "apostmortem apromote apropose arun asearch asimilar asweeps aswept atimeline atop"
    ),
    "changes": "approve change changes deny propose",
    "checks": "baseline events_of faults fresh judge look tool words_of",
    "choosing": "choices use",
    "diff": "diff",
    "forking": "afork fork",
    "gates": "gate secret",
    "incident": "board hypothesis incident note",
    "incidents": "attach close_incident incidents note_incident open_incident postmortem similar",
    "knowledge": "ingest search",
    "pictures": "difference owners top",
    "runbooks": "catalogue promotable promote run",
    "session": "analyze describe events evidence get logs report statement",
    "subcommands": "cost status",
    "sweeps": "asweep cancel_sweep sweep swept sweeps",
    "timeline": "timeline",
}
"""Where each public name lives."""

__all__ = [
    "aanalyze",
    "aapprove",
    "aask",
    "aattach",
    "acancel_sweep",
    "achange",
    "achanges",
    "aclose_incident",
    "adeny",
    "adescribe",
    "adiff",
    "aevents",
    "aevidence",
    "afork",
    "aget",
    "aincidents",
    "aingest",
    "alogs",
    "analyze",
    "anote_incident",
    "aopen_incident",
    "apostmortem",
    "approve",
    "apromote",
    "apropose",
    "arun",
    "asearch",
    "asimilar",
    "ask",
    "asweep",
    "asweeps",
    "aswept",
    "atimeline",
    "atop",
    "attach",
    "baseline",
    "board",
    "cancel_sweep",
    "catalogue",
    "change",
    "changes",
    "choices",
    "close_incident",
    "cost",
    "deny",
    "describe",
    "diff",
    "difference",
    "events",
    "events_of",
    "evidence",
    "faults",
    "fork",
    "fresh",
    "gate",
    "get",
    "hypothesis",
    "incident",
    "incidents",
    "ingest",
    "judge",
    "load",
    "logs",
    "look",
    "note",
    "note_incident",
    "open_incident",
    "owners",
    "postmortem",
    "promotable",
    "promote",
    "propose",
    "report",
    "run",
    "search",
    "secret",
    "similar",
    "statement",
    "status",
    "sweep",
    "sweeps",
    "swept",
    "timeline",
    "tool",
    "top",
    "use",
    "words_of",
]


def __getattr__(name: str) -> Any:
    home = next((home for home, names in _HOMES.items() if name in names.split()), "")
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
