"""What a person gave, against what a runbook declares."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core.runbook import Parameter, Runbook
from workbench.errors import ParameterError
from workbench.runbooks.references import is_reference, names_secret

_WORDS = {"true": True, "yes": True, "on": True, "1": True,
          "false": False, "no": False, "off": False, "0": False}  # fmt: skip


def check(runbook: Runbook, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, as the types that are declared; text is read as a command line has it.

    Raises ParameterError for an unknown name (with a suggestion), a missing one, a value of the
    wrong type, and a secret that is not given as a reference.
    """
    declared = {p.name: p for p in runbook.parameters}
    for parameter in runbook.parameters:
        _refuse_secret(parameter, given.get(parameter.name, parameter.default or ""))
    values = {name: _value(_known(runbook, declared, name), v) for name, v in given.items()}
    missing = [p.name for p in runbook.parameters if p.required and p.name not in values]
    if missing:
        raise ParameterError(
            f"Runbook {runbook.name} needs {', '.join(missing)}.",
            f"Add -p {missing[0]}=VALUE.",
            missing[0],
        )
    return values


def parse(pairs: list[str] | tuple[str, ...]) -> dict[str, str]:
    """``["namespace=shop"]`` as names and texts. Raises ParameterError for one without ``=``."""
    split = [pair.partition("=") for pair in pairs]
    for name, equals, _ in split:
        if not (name and equals):
            raise ParameterError(f"{name!r} is not NAME=VALUE.", "Write -p namespace=shop.")
    return {name.strip(): value for name, _, value in split}


def _known(runbook: Runbook, declared: Mapping[str, Parameter], name: str) -> Parameter:
    if name in declared:
        return declared[name]
    near = difflib.get_close_matches(name, declared, n=1, cutoff=0.5)
    takes = f"It takes: {', '.join(declared) or 'none'}."
    hint = f"Did you mean {near[0]}?" if near else takes
    raise ParameterError(f"Runbook {runbook.name} has no parameter {name!r}.", hint, name)


def _value(parameter: Parameter, given: Any) -> Any:
    value = _read(parameter.type, given) if isinstance(given, str) else given
    if parameter.type == "float" and type(value) is int:
        value = float(value)
    if type(value).__name__ != parameter.type or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        raise ParameterError(
            f"Parameter {parameter.name} is {parameter.type}, not {given!r}.",
            parameter=parameter.name,
        )
    if parameter.choices and value not in parameter.choices:
        among = ", ".join(map(str, parameter.choices))
        raise ParameterError(
            f"Parameter {parameter.name} is one of {among}, not {given!r}.",
            parameter=parameter.name,
        )
    return value


def _read(type: str, text: str) -> Any:
    """The text as a value of the type; the text itself when it is none."""
    try:
        match type:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool":
                return _WORDS.get(text.strip().lower(), text)
    except (ValueError, OverflowError):
        return text
    return text


def load(path: Path) -> list[dict[str, Any]]:
    """The sets of parameters in a YAML or JSON file: one mapping, or a list of them.

    Raises ParameterError for a file that is neither.
    """
    import yaml

    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        said = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise ParameterError(f"{path} cannot be read as parameters: {said}.") from error
    sets = tree if isinstance(tree, list) else [{} if tree is None else tree]
    for one in sets:
        if not isinstance(one, dict) or not all(isinstance(name, str) for name in one):
            raise ParameterError(
                f"{path} holds something that is no set of parameters.",
                "Write one NAME: VALUE a line, or a list of such sets.",
            )
    return sets


def _refuse_secret(parameter: Parameter, value: Any) -> None:
    if names_secret(parameter.name) and not is_reference(value):
        raise ParameterError(
            f"Parameter {parameter.name} would be written into the executed notebook in clear "
            "text.",
            f"Give a reference: -p {parameter.name}=env:NAME or {parameter.name}=file:PATH.",
            parameter.name,
        )
