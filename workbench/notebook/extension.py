"""``%load_ext workbench`` and ``%unload_ext workbench``."""

from __future__ import annotations

import sys
from typing import Any

from workbench.notebook.completion import complete
from workbench.notebook.defaults import current
from workbench.notebook.forms import PARSERS
from workbench.notebook.magics import KubernetesMagics
from workbench.notebook.options import keep_question_marks

CELL_MAGICS = ("k8s_ask", "k8s")


def load(shell: Any) -> None:
    """Register the magics, their completion, and how DataFrames of findings look. Opens nothing."""
    shell.register_magics(KubernetesMagics)
    for magic in PARSERS:
        shell.set_hook("complete_command", complete, str_key=magic)
    for magic in CELL_MAGICS:
        shell.set_hook("complete_command", complete, str_key=f"%%{magic}")
    shell.set_hook("complete_command", complete, re_key=r"\s*\w+\s*=\s*%k8s")
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
    bridge = sys.modules.get("workbench.notebook.bridge")
    if bridge:
        bridge.close()


def _frame(frame: Any, **_: Any) -> dict[str, Any]:
    from workbench.notebook import display

    return display.frame(frame)
