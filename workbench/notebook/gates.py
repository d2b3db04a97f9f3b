"""Conditions that a runbook has to meet, shown where they are judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.characters import visible
from workbench.core.render import html, markdown
from workbench.core.runbook import Gate
from workbench.notebook import display

if TYPE_CHECKING:
    from workbench.runbooks.references import Secret

Cited = Any
"""A label (``E3``), something that came from a call (a DataFrame, a Text), or several of them."""


class Judged(Gate, frozen=True, kw_only=True):
    """A gate that was shown already: true when it is passed, and not drawn a second time."""

    def __bool__(self) -> bool:
        return self.passed

    def _ipython_display_(self) -> None:
        """It was displayed when it was judged."""


def gate(name: str, passed: Any, *, evidence: Cited = (), measured: Any = "") -> Judged:
    """Judge and show a condition: ``gate("error rate below 1 %", rate < 0.01, evidence=logs)``.

    evidence: what it was judged by. measured: the value that was compared, to be shown.

    A condition that is neither true nor false (a missing value, a column of them) is not passed,
    and says so. ``workbench run`` ends with code 1 when a gate is not passed.
    """
    holds = _truth(passed)
    note = "" if holds is not None else f"It could not be judged: {visible(repr(passed))[:200]}."
    judged = Judged(
        name=name,
        passed=bool(holds),
        evidence=tuple(dict.fromkeys(labels(evidence))),
        measured=visible(str(measured)),
        note=note,
    )
    shell = display.shell()
    if shell is not None:
        shell.display_pub.publish(bundle(judged))
    return judged


def secret(reference: str) -> Secret:
    """What ``env:NAME`` or ``file:PATH`` stands for; a parameter holds the reference only.

    Raises ParameterError for anything else, and for one that stands for nothing here.
    """
    from workbench.runbooks.references import resolve

    return resolve(reference)


def labels(cited: Cited) -> Iterable[str]:
    """The evidence labels of what was cited."""
    if isinstance(cited, str):
        yield from str(getattr(cited, "evidence", cited)).replace(",", " ").split()
    elif isinstance(cited, list | tuple | set):
        for one in cited:
            yield from labels(one)
    elif hasattr(cited, "attrs"):
        yield from labels(str(cited.attrs.get("evidence", "")))
    else:
        named = getattr(cited, "label", "") or getattr(cited, "evidence", "")
        yield from labels(named) if isinstance(named, str) else ()


def bundle(gate: Gate) -> display.Bundle:
    """Every representation of a gate."""
    line = ", ".join(filter(None, [gate.measured, *gate.evidence])) or "no evidence"
    words = f"{'passed' if gate.passed else 'NOT PASSED'}: {visible(gate.name)} ({line})"
    words += f" {gate.note}" if gate.note else ""
    state = "complete" if gate.passed else "failed"
    head = html.tag("span", "passed" if gate.passed else "not passed", class_="wb-state")
    chips = (html.chip(label) for label in gate.evidence)
    body = html.joined([html.tag("header", head, html.tag("strong", gate.name)), *chips])
    page = html.tag("section", body, html.tag("span", gate.measured), class_=f"wb wb-{state}")
    value = {f: getattr(gate, f) for f in Gate.__struct_fields__}
    facts = {"value": msgspec.to_builtins(value)}
    return display.bundle(words, markdown.plain(words), html.styled(page), "gate", facts)


def _truth(value: Any) -> bool | None:
    """True or false; None for what is neither (``pandas.NA``, a column, nothing)."""
    try:
        return None if value is None or bool(value != value) else bool(value)  # NaN is not itself
    except (TypeError, ValueError):
        return None
