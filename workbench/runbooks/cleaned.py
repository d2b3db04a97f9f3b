"""A notebook as it may be kept: without the secrets that its cells printed."""

from __future__ import annotations

from typing import Any

import nbformat

from workbench.core.redaction import redact_value


def cleaned(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The same notebook with its outputs redacted. What was typed into cells stays; so do pictures,
    whose bytes in base64 can look like anything."""
    cells = [
        {**cell, "outputs": [_output(output) for output in cell["outputs"]]}
        if "outputs" in cell
        else cell
        for cell in notebook["cells"]
    ]
    clean: nbformat.NotebookNode = nbformat.from_dict({**notebook, "cells": cells})
    return clean


def _output(output: dict[str, Any]) -> Any:
    shown = output.get("data", {})
    pictures = {kind: data for kind, data in shown.items() if kind.startswith("image/")}
    if not pictures:
        return redact_value(output)
    rest = {kind: data for kind, data in shown.items() if kind not in pictures}
    return {**redact_value({**output, "data": rest}), "data": {**redact_value(rest), **pictures}}
