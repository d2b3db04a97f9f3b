"""Label selectors as kubectl takes them, ``app=web,tier in (a,b),!canary``."""

from __future__ import annotations

import re

from workbench.core.objects import LabelSelector
from workbench.core.objects.meta import Requirement
from workbench.errors import UsageError

_TERM = re.compile(
    r"^(?P<key>[\w./-]+)\s*(?:(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)"
    r"|\s(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?$"
)


def parse_selector(text: str) -> LabelSelector:
    """The selector; an empty text selects everything. Raises UsageError naming the bad term."""
    found = [_requirement(term.strip()) for term in _terms(text)] if text.strip() else []
    return LabelSelector(match_expressions=tuple(found))


def _terms(text: str) -> list[str]:
    return re.split(r",(?![^(]*\))", text)


def _requirement(term: str) -> Requirement:
    if term.startswith("!") and _TERM.match(term[1:]):
        return Requirement(key=term[1:], operator="DoesNotExist")
    match = _TERM.match(term)
    if match is None:
        raise UsageError(
            f"{term!r} is no label selector.", "Write it as app=web, tier in (a, b) or !canary."
        )
    if match["set"]:
        values = tuple(v.strip() for v in match["values"].split(","))
        return Requirement(
            key=match["key"], operator="In" if match["set"] == "in" else "NotIn", values=values
        )
    if match["op"] is None:
        return Requirement(key=match["key"], operator="Exists")
    operator = "NotIn" if match["op"] == "!=" else "In"
    return Requirement(key=match["key"], operator=operator, values=(match["value"],))
