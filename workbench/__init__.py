"""A notebook-native workbench for troubleshooting Kubernetes.

In a notebook: ``%load_ext workbench``, then ``%k8s_ask``, ``%k8s_analyze``, ``%k8s_get``. In
Python: ``import workbench as wb``, then ``wb.ask(…)``, ``wb.get(…)``: the same engine. Each that
asks the cluster has a twin to await: ``await wb.aask(…)``, ``await wb.aget(…)``.
Nothing is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.notebook.about import cost, model, servers, snapshot, status, tools
    from workbench.notebook.analysis import analyze, statement
    from workbench.notebook.asking import aask, ask, load, plan
    from workbench.notebook.awaited import (
        aanalyze,
        aapprove,
        aattach,
        aboard,
        acancel_sweep,
        acatalogue,
        achange,
        achanges,
        achoices,
        aclose_incident,
        acost,
        adeny,
        adescribe,
        adiff,
        aevents,
        aevidence,
        aget,
        ahypothesis,
        aincident,
        aincidents,
        aingest,
        aload,
        alogs,
        amodel,
        anote,
        anote_incident,
        aopen_incident,
        aowners,
        aplan,
        apostmortem,
        apromotable,
        apromote,
        apropose,
        areport,
        arun,
        arunbook,
        asearch,
        aservers,
        ashow_incident,
        asimilar,
        asnapshot,
        astatus,
        asweeps,
        aswept,
        atimeline,
        atools,
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
        show_incident,
        similar,
    )
    from workbench.notebook.knowledge import ingest, search
    from workbench.notebook.pictures import difference, owners, top
    from workbench.notebook.runbooks import catalogue, promotable, promote, run, runbook
    from workbench.notebook.session import describe, events, evidence, get, logs, report
    from workbench.notebook.sweeps import asweep, cancel_sweep, sweep, sweeps, swept
    from workbench.notebook.timeline import timeline

_HOMES = {
    "about": "cost model servers snapshot status tools",
    "analysis": "analyze statement",
    "asking": "aask ask load plan",
    "awaited": (
        "aanalyze aapprove aattach aboard acancel_sweep acatalogue achange achanges achoices "
        "aclose_incident acost adeny adescribe adiff aevents aevidence aget ahypothesis "
        "aincident aincidents aingest aload alogs amodel anote anote_incident aopen_incident "
        "aowners aplan apostmortem apromotable apromote apropose areport arun arunbook asearch "
        "aservers ashow_incident asimilar asnapshot astatus asweeps aswept atimeline atools "
        "atop"
    ),
    "changes": "approve change changes deny propose",
    "checks": "baseline events_of faults fresh judge look tool words_of",
    "choosing": "choices use",
    "diff": "diff",
    "forking": "afork fork",
    "gates": "gate secret",
    "incident": "board hypothesis incident note",
    "incidents": (
        "attach close_incident incidents note_incident open_incident postmortem show_incident "
        "similar"
    ),
    "knowledge": "ingest search",
    "pictures": "difference owners top",
    "runbooks": "catalogue promotable promote run runbook",
    "session": "describe events evidence get logs report",
    "sweeps": "asweep cancel_sweep sweep sweeps swept",
    "timeline": "timeline",
}
"""Where each public name lives."""

__all__ = [
    "aanalyze",
    "aapprove",
    "aask",
    "aattach",
    "aboard",
    "acancel_sweep",
    "acatalogue",
    "achange",
    "achanges",
    "achoices",
    "aclose_incident",
    "acost",
    "adeny",
    "adescribe",
    "adiff",
    "aevents",
    "aevidence",
    "afork",
    "aget",
    "ahypothesis",
    "aincident",
    "aincidents",
    "aingest",
    "aload",
    "alogs",
    "amodel",
    "analyze",
    "anote",
    "anote_incident",
    "aopen_incident",
    "aowners",
    "aplan",
    "apostmortem",
    "approve",
    "apromotable",
    "apromote",
    "apropose",
    "areport",
    "arun",
    "arunbook",
    "asearch",
    "aservers",
    "ashow_incident",
    "asimilar",
    "ask",
    "asnapshot",
    "astatus",
    "asweep",
    "asweeps",
    "aswept",
    "atimeline",
    "atools",
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
    "model",
    "note",
    "note_incident",
    "open_incident",
    "owners",
    "plan",
    "postmortem",
    "promotable",
    "promote",
    "propose",
    "report",
    "run",
    "runbook",
    "search",
    "secret",
    "servers",
    "show_incident",
    "similar",
    "snapshot",
    "statement",
    "status",
    "sweep",
    "sweeps",
    "swept",
    "timeline",
    "tool",
    "tools",
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
