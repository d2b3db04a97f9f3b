"""Label selectors as people type them: ``app=web,tier in (a, b),!canary``."""

from __future__ import annotations

import re

from workbench.core.objects.meta import LabelSelector, Requirement
from workbench.errors import UsageError

# Kubernetes documentation, "Labels and Selectors": equality-based and set-based requirements.
_TERM = re.compile(
    r"""^(?:
      (?P<absent>!\s*)?(?P<alone>[^\s=!,()]+)
    | (?P<set_key>[^\s=!,()]+)\s+(?P<set_op>in|notin)\s*\((?P<values>[^()]*)\)
    | (?P<key>[^\s=!,()]+)\s*(?P<op>==|=|!=)\s*(?P<value>[^\s=!,()]*)
    )$""",
    re.VERBOSE,
)


def parse_selector(text: str) -> LabelSelector:
    """The selector; empty text selects everything.

    Raises UsageError naming the term that makes no sense.
    """
    terms = [_requirement(term) for term in re.split(r",(?![^()]*\))", text) if term.strip()]
    return LabelSelector(match_expressions=tuple(terms))


def _requirement(text: str) -> Requirement:
    found = _TERM.match(text.strip())
    if not found:
        raise UsageError(
            f"{text.strip()!r} is not a label selector term.", "Like app=web or tier in (a,b)."
        )
    if found["alone"]:
        return Requirement(
            key=found["alone"], operator="DoesNotExist" if found["absent"] else "Exists"
        )
    if found["set_key"]:
        values = tuple(v.strip() for v in found["values"].split(","))
        operator = "In" if found["set_op"] == "in" else "NotIn"
        return Requirement(key=found["set_key"], operator=operator, values=values)
    operator = "NotIn" if found["op"] == "!=" else "In"
    return Requirement(key=found["key"], operator=operator, values=(found["value"],))
