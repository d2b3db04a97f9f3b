"""``%load_ext workbench`` and ``%unload_ext workbench``."""

from __future__ import annotations

import sys
from typing import Any

from workbench.notebook.completion import OURS, matcher
from workbench.notebook.defaults import current
from workbench.notebook.forms import PARSERS
from workbench.notebook.magics import KubernetesMagics
from workbench.notebook.options import keep_question_marks

CELL_MAGICS = ("k8s_ask", "k8s")


def load(shell: Any) -> None:
    """Register the magics, their completion, and how DataFrames of findings look. Opens nothing."""
    shell.register_magics(KubernetesMagics)
    _forget(shell)
    shell.Completer.custom_matchers.append(matcher(shell))
    shell.input_transformers_cleanup.append(keep_question_marks)
    if current not in shell.configurables:
        shell.configurables.append(current)  # what %config looks through
    formatter = shell.display_formatter.mimebundle_formatter
    formatter.for_type_by_name("pandas", "DataFrame", _frame)


def unload(shell: Any) -> None:
    """Take the magics away again and close the engine, if it was used."""
    for magic in PARSERS:
        shell.magics_manager.magics["line"].pop(magic.lstrip("%"), None)
    for magic in CELL_MAGICS:
        shell.magics_manager.magics["cell"].pop(magic, None)
    if current in shell.configurables:
        shell.configurables.remove(current)
    shell.input_transformers_cleanup.remove(keep_question_marks)
    _forget(shell)
    bridge = sys.modules.get("workbench.notebook.bridge")
    if bridge:
        bridge.close()


def _forget(shell: Any) -> None:
    """Take what Tab offers away, also that of an earlier load."""
    held = shell.Completer.custom_matchers
    held[:] = [one for one in held if getattr(one, "matcher_identifier", "") != OURS]


def _frame(frame: Any, **_: Any) -> dict[str, Any]:
    from workbench.notebook import display

    return display.frame(frame)
