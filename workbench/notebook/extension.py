"""``%load_ext workbench`` and ``%unload_ext workbench``."""

from __future__ import annotations

import sys
from typing import Any

from workbench.notebook.completion import complete
from workbench.notebook.magics import PARSERS, KubernetesMagics
from workbench.notebook.options import keep_question_marks


def load(shell: Any) -> None:
    """Register the magics, their completion, and how DataFrames of findings look. Opens nothing."""
    shell.register_magics(KubernetesMagics)
    for magic in PARSERS:
        shell.set_hook("complete_command", complete, str_key=magic)
    shell.set_hook("complete_command", complete, str_key="%%k8s_ask")
    shell.set_hook("complete_command", complete, re_key=r"\s*\w+\s*=\s*%k8s")
    shell.input_transformers_cleanup.append(keep_question_marks)
    formatter = shell.display_formatter.mimebundle_formatter
    formatter.for_type_by_name("pandas", "DataFrame", _frame)


def unload(shell: Any) -> None:
    """Take the magics away again and close the engine, if it was used."""
    for magic in PARSERS:
        shell.magics_manager.magics["line"].pop(magic.lstrip("%"), None)
    shell.magics_manager.magics["cell"].pop("k8s_ask", None)
    shell.input_transformers_cleanup.remove(keep_question_marks)
    bridge = sys.modules.get("workbench.notebook.bridge")
    if bridge:
        bridge.close()


def _frame(frame: Any, **_: Any) -> dict[str, Any]:
    from workbench.notebook import display

    return display.frame(frame)
