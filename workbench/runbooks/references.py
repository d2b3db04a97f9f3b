"""Secrets as references: ``env:NAME`` and ``file:PATH``, read where and when they are used.

Parameters are written into the executed notebook in clear text, so a parameter that is named for a
secret takes a reference and never the secret.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from workbench.errors import ParameterError

_NAMED = re.compile(r"(?i)(^|_)(password|passwd|secret|token|credentials?|api_?key|private_key)$")
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+")


class Secret(str):
    """A secret's value, which does not show itself as the value of a cell."""

    def __repr__(self) -> str:
        return "'(secret)'"


def names_secret(parameter: str) -> bool:
    """Whether a parameter of that name holds a secret: ``db_password``, ``token``."""
    return bool(_NAMED.search(parameter))


def is_reference(value: object) -> bool:
    return isinstance(value, str) and (not value or bool(_REFERENCE.fullmatch(value)))


def resolve(reference: str) -> Secret:
    """What ``env:NAME`` or ``file:PATH`` stands for, without the line break at its end.

    Raises ParameterError for anything else, and for one that stands for nothing here.
    """
    kind, _, name = reference.partition(":")
    if not reference or not is_reference(reference):
        raise ParameterError("That is no reference to a secret.", "Like env:NAME or file:PATH.")
    if kind == "env":
        value = os.environ.get(name)
        if value is None:
            raise ParameterError(f"The environment has no variable {name}.", f"Set {name}.")
        return Secret(value)
    try:
        return Secret(Path(name).expanduser().read_text(encoding="utf-8").rstrip("\r\n"))
    except (OSError, ValueError) as error:
        raise ParameterError(f"The file {name} cannot be read: {error}.") from error
