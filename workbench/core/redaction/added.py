"""Secrets that only some know how to tell: detectors of other packages, over what ours left.

A detector that fails on a text takes the whole text out: what was not checked is not shown.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from workbench import plugins
from workbench.core.redaction.layout import decoded, laid_out
from workbench.core.redaction.marks import LONGEST_MARK, Mark
from workbench.errors import SettingsError
from workbench.plugins import Broken, Plugin, Refusal

Spans = Callable[[str], Iterable[tuple[int, int]]]
"""From a text to where its secrets begin and end, in characters."""

DEEPEST = 200
_KIND = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_MARKED = re.compile(rf"«redacted:[^«»\n]{{1,{LONGEST_MARK}}}»")


class Detector(NamedTuple):
    """What finds secrets of a kind. plugin: who brought it."""

    kind: str
    spans: Spans
    plugin: Plugin


@functools.cache
def detectors() -> tuple[Detector, ...]:
    """Those that are installed; of a plugin that cannot be used, one that takes everything out."""
    usable = list(plugins.added(plugins.REDACTORS, _spans))
    found = (Detector(k, s, p) for p, some in usable for k, s in some.items())
    withheld = (Detector("unchecked", _everything, b.plugin) for b in _broken())
    return (*found, *withheld)


def check() -> None:
    """Raises SettingsError when a redactor that is installed cannot be used: whoever installed it
    does not want to go on without."""
    detectors()
    for one in _broken():
        raise SettingsError(
            f"The redactor {one.plugin.name} of {one.plugin.package} cannot be used: {one.why}",
            "Mend that package or uninstall it; nothing was read.",
        )


def redact_text(text: str, mark: Mark, by: Sequence[Detector]) -> str:
    """Text without what the detectors find; JSON goes string by string and stays JSON."""
    return _text(text, mark, by, 0)


def redact_value(value: Any, mark: Mark, by: Sequence[Detector]) -> Any:
    """A JSON value without what the detectors find: the same keys and shapes."""
    return _value(value, mark, by, 0)


def _text(text: str, mark: Mark, by: Sequence[Detector], depth: int) -> str:
    value = decoded(text)
    if value is not None:
        clean = _value(value, mark, by, depth + 1)
        return text if clean == value else laid_out(clean, text)
    for detector in by:
        text = _taken_out(text, detector, mark)
    return text


def _value(value: Any, mark: Mark, by: Sequence[Detector], depth: int) -> Any:
    if depth > DEEPEST:
        return mark("too-deep", "")
    if isinstance(value, str):
        return _text(value, mark, by, depth)
    if isinstance(value, dict):
        return {key: _value(item, mark, by, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_value(item, mark, by, depth + 1) for item in value]
    return value


def _taken_out(text: str, detector: Detector, mark: Mark) -> str:
    spans = plugins.attempt(detector.plugin, lambda: _checked(detector, text), quiet=True)
    if isinstance(spans, Broken):
        spans = [(0, len(text))] if text else []
    kept, done = list[str](), 0
    for start, end in _whole(spans, text):
        secret = text[start:end]
        kept += (text[done:start], mark(detector.kind, secret), "\n" * secret.count("\n"))
        done = end
    return "".join((*kept, text[done:])) if kept else text


def _checked(detector: Detector, text: str) -> list[tuple[int, int]]:
    spans = [(int(start), int(end)) for start, end in detector.spans(text)]
    if not all(0 <= start <= end <= len(text) for start, end in spans):
        raise Refusal("it gave a place outside of the text.")
    return spans


def _whole(spans: Iterable[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Apart and in order. Marks that are there stay, or go with all of what they stand in."""
    marks = [match.span() for match in _MARKED.finditer(text)]
    wanted = [
        (start, end)
        for start, end in spans
        if start < end and not any(a <= start and end <= b for a, b in marks)
    ]
    torn = [m for m in marks if any(m[0] < end and start < m[1] for start, end in wanted)]
    found: list[tuple[int, int]] = []
    for start, end in sorted((*wanted, *torn)):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _broken() -> list[Broken]:
    """Plugins that could not be loaded, or gave no detectors; not those that failed on a text."""
    return [b for b in plugins.broken() if b.plugin.group == plugins.REDACTORS and not b.quiet]


def _spans(target: object) -> dict[str, Spans]:
    if not isinstance(target, dict) or not target:
        raise Refusal("it is no mapping from kinds of secrets to detectors.")
    if wrong := [kind for kind in target if not _KIND.fullmatch(str(kind))]:
        raise Refusal(f"{wrong[0]!r} is no kind, like badge-number in lower case.")
    return {kind: _spans_of(kind, detector) for kind, detector in target.items()}


def _spans_of(kind: str, detector: object) -> Spans:
    if callable(detector):
        return detector
    if isinstance(detector, re.Pattern) and isinstance(detector.pattern, str):
        group = 1 if detector.groups else 0
        return lambda text: (m.span(group) for m in detector.finditer(text) if m[group])
    raise Refusal(f"{kind} is neither a pattern nor a function.")


def _everything(text: str) -> list[tuple[int, int]]:
    return [(0, len(text))]
