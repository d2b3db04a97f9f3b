"""The steps of an investigation as moments, to lie beside what they looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from workbench.core.cluster import ObjectRef
from workbench.core.investigation import Asked, Concluded, Failed, Noted, Said, Step, ToolAnswered
from workbench.core.timeline.moment import Lane, Moment, Timeline


def with_steps(timeline: Timeline, steps: Iterable[Step], label: str = "") -> Timeline:
    """The timeline with an investigation's steps among its moments."""
    moments = sorted((*timeline.moments, *of_steps(steps, label)), key=lambda m: m.order)
    return msgspec.structs.replace(timeline, moments=tuple(moments))


def of_steps(steps: Iterable[Step], label: str = "") -> Iterator[Moment]:
    """Questions, calls and conclusions in the investigation's lane; what was said as notes."""
    subject = ObjectRef("Investigation", "", label)
    for step in steps:
        lane, what, detail, warning = Lane.AGENT, "", "", False
        match step:
            case Asked(question=question):
                what, detail = "asked", question
            case ToolAnswered():
                what = " ".join(part for part in (step.evidence, step.tool) if part)
                detail, warning = step.summary, step.failed
            case Concluded(conclusion=conclusion):
                what, detail = "concluded", conclusion.verdict
            case Failed(reason=reason):
                what, detail, warning = "ended", reason, True
            case Said(text=text):
                lane, what, detail = Lane.NOTE, "said", text
            case Noted(text=text, standing=standing):
                lane, detail = Lane.NOTE, text
                what = f"hypothesis {standing}" if standing else "note"
            case _:
                continue
        yield Moment(
            at=step.at, lane=lane, subject=subject, what=what, detail=detail, warning=warning
        )
