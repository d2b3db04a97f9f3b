"""Which runbooks there are, and what each one takes, read from the notebooks without running them.

A runbook is a notebook whose metadata has a ``workbench`` key (``title``, ``summary``, ``codes``,
``again``). Its parameters are the assignments of the cell tagged ``parameters``, as papermill has
it::

    namespace: str = "shop"  # where to look
    name: str  # no value: it must be given
    worst: Literal["warning", "error"] = "error"  # only one of these
"""

from __future__ import annotations

import ast
import difflib
import io
import json
import threading
import tokenize
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

import msgspec

from workbench.core.cluster import Gap
from workbench.core.runbook import Parameter, Runbook
from workbench.errors import RunbookError, RunbookUnknown

TYPES = {"str": str, "int": int, "float": float, "bool": bool}
_PARSING = threading.Lock()
_TRIES = 3


class Catalogue(msgspec.Struct, frozen=True):
    """The runbooks that can be run, and the notebooks that could not be read as one."""

    runbooks: tuple[Runbook, ...] = ()
    gaps: tuple[Gap, ...] = ()


def catalogue(extra: Sequence[Path] = ()) -> Catalogue:
    """The bundled runbooks and those in ``extra`` folders; a name that comes again wins."""
    runbooks: dict[str, Runbook] = {}
    gaps: list[Gap] = []
    for path in _notebooks([bundled(), *extra]):
        try:
            runbook = read(path)
        except RunbookError as error:
            gaps.append(Gap(str(path), error.message))
        else:
            runbooks[runbook.name] = runbook
    return Catalogue(tuple(sorted(runbooks.values(), key=lambda r: r.name)), tuple(gaps))


def find(name: str, extra: Sequence[Path] = ()) -> Runbook:
    """The runbook of that name, or in that ``.ipynb`` file.

    Raises RunbookUnknown with a suggestion, or RunbookError when the file is no runbook.
    """
    if name.endswith(".ipynb"):
        return read(Path(name))
    known = {r.name: r for r in catalogue(extra).runbooks}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known) or 'none'}."
    raise RunbookUnknown(f"No runbook is called {name!r}.", hint)


def bundled() -> Path:
    """Where the runbooks that ship with the workbench are: in the package when installed, in
    ``notebooks/runbooks`` of a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "notebooks" / "runbooks"
    return installed if installed.is_dir() else package.parent / "notebooks" / "runbooks"


def read(path: Path) -> Runbook:
    """The runbook in a notebook file. Raises RunbookUnknown when there is no such file and
    RunbookError when it is no runbook."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        return _runbook(path, tree)
    except FileNotFoundError as error:
        raise RunbookUnknown(f"There is no notebook {path}.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunbookError(f"{path} cannot be read as a runbook: {error}.") from error


def _runbook(path: Path, tree: dict[str, Any]) -> Runbook:
    about = tree["metadata"].get("workbench", {})
    source = next((_source(c) for c in tree["cells"] if "parameters" in _tags(c)), "")
    return Runbook(
        name=path.stem,
        title=str(about.get("title", path.stem.replace("-", " ").capitalize())),
        path=str(path),
        summary=str(about.get("summary", "")),
        parameters=parameters(source),
        codes=tuple(map(str, about.get("codes", ()))),
        about=_about(tree["cells"]),
        again=about.get("again", True) is True,
    )


def _about(cells: Sequence[dict[str, Any]]) -> str:
    """What it says before its parameters, without headings."""
    before = takewhile(lambda cell: "parameters" not in _tags(cell), cells)
    told = "\n\n".join(_source(cell) for cell in before if cell.get("cell_type") == "markdown")
    return "\n".join(line for line in told.splitlines() if not line.startswith("#")).strip()


def parameters(source: str) -> tuple[Parameter, ...]:
    """The parameters a cell declares. Raises RunbookError for one that is no plain value."""
    try:
        statements = _parsed(source)
        comments = dict(_comments(source))
    except (SyntaxError, ValueError, tokenize.TokenError) as error:
        raise RunbookError(f"The parameters cell is not Python: {error}.") from error
    declared = (_parameter(s, comments) for s in statements)
    return tuple(p for p in declared if p)


def _parsed(source: str) -> list[ast.stmt]:
    """CPython before 3.11.8 counts how deep a tree is for all threads in one place, so that now
    and then a parse fails because of another thread's (CPython issue 106905): ours come one by
    one, and one that failed by somebody else's is made again."""
    with _PARSING:
        for _ in range(_TRIES):
            with suppress(SystemError):
                return ast.parse(source).body
        return ast.parse(source).body


def _parameter(statement: ast.stmt, comments: dict[int, str]) -> Parameter | None:
    choices: tuple[Any, ...] = ()
    match statement:
        case ast.AnnAssign(
            target=ast.Name(id=name),
            annotation=ast.Subscript(value=ast.Name(id="Literal"), slice=among),
            value=value,
        ):
            choices = _choices(name, among)
            type = _name_of(choices[0])
        case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id=type), value=value):
            pass
        case ast.AnnAssign(target=ast.Name(id=name)):
            raise RunbookError(
                f"Parameter {name} has a type that cannot be given.", "Use str, int, float or bool."
            )
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            type = ""
        case _:
            return None
    default = _literal(name, value)
    if choices and value is not None and default not in choices:
        raise RunbookError(f"The default of parameter {name} is none of its choices.")
    return Parameter(
        name=name,
        type=_type(name, type, default),
        default=default,
        required=value is None,
        help=comments.get(statement.end_lineno or 0, ""),
        choices=choices,
    )


def _choices(name: str, among: ast.expr) -> tuple[Any, ...]:
    """The values of ``Literal[…]``, all of one type."""
    read = _literal(name, among)
    choices = read if isinstance(read, tuple) else (read,)
    if len({_name_of(choice) for choice in choices}) != 1:
        raise RunbookError(f"The choices of parameter {name} are of several types.")
    return choices


def _literal(name: str, value: ast.expr | None) -> Any:
    try:
        return None if value is None else ast.literal_eval(value)
    except ValueError as error:
        raise RunbookError(f"The default of parameter {name} is not a plain value.") from error


def _type(name: str, declared: str, default: Any) -> str:
    type = declared or _name_of(default)
    if type not in TYPES:
        raise RunbookError(f"Parameter {name} is of type {type}.", "Use str, int, float or bool.")
    whole = type == "float" and _name_of(default) == "int"
    if default is not None and _name_of(default) != type and not whole:
        raise RunbookError(f"Parameter {name} is {type}, but its default is {default!r}.")
    return type


def _name_of(value: Any) -> str:
    return type(value).__name__


def _comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ").strip()


def _notebooks(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(p for p in folder.glob("*.ipynb") if not p.name.startswith("."))


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _tags(cell: dict[str, Any]) -> list[str]:
    return cell.get("metadata", {}).get("tags", [])  # type: ignore[no-any-return]
