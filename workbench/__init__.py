"""A notebook-native workbench for troubleshooting Kubernetes.

In a notebook: ``%load_ext workbench``, then ``%k8s_ask``, ``%k8s_analyze``, ``%k8s_get``. In
Python: ``import workbench as wb``, then ``wb.ask(…)``, ``wb.get(…)``: the same engine.
Nothing is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.notebook.session import (
        analyze,
        ask,
        describe,
        events,
        evidence,
        get,
        load,
        logs,
        report,
        run,
        statement,
    )
    from workbench.notebook.timeline import timeline

__all__ = [
    "analyze",
    "ask",
    "describe",
    "events",
    "evidence",
    "get",
    "load",
    "logs",
    "report",
    "run",
    "statement",
    "timeline",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = "timeline" if name == "timeline" else "session"
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
