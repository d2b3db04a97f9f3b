"""A moment, the lane it is drawn in, and the timeline they make."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import msgspec

from workbench.core.cluster import Gap, ObjectRef


class Lane(Enum):
    """Where a moment belongs, in the order lanes are drawn."""

    ALERT = "alert"
    CHANGE = "change"
    WARNING = "warning"
    RESTART = "restart"
    NODE = "node"
    LOG = "log"
    ACTIVITY = "activity"
    AGENT = "agent"
    NOTE = "note"


LANES: dict[Lane, str] = {
    Lane.ALERT: "Alerts",
    Lane.CHANGE: "Rollouts, config",
    Lane.WARNING: "Warnings",
    Lane.RESTART: "Restarts, OOM",
    Lane.NODE: "Nodes",
    Lane.LOG: "Logs",
    Lane.ACTIVITY: "Pods, jobs",
    Lane.AGENT: "Investigation",
    Lane.NOTE: "Notes",
}
"""Every lane and what it is called on a screen."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened.

    until: when it was last seen, where that is later than ``at``.
    count: how often it was seen, or how many objects it happened to.
    warning: it is no good news. change: somebody or something changed what is wanted.
    stands: it was still so when the cluster was looked at.
    fact: names what happened in one word where several sources tell it, else "".
    by: who did it, a field manager or a user, where that is known.
    """

    at: datetime
    lane: Lane
    subject: ObjectRef
    what: str
    detail: str = ""
    until: datetime | None = None
    count: int = 1
    warning: bool = False
    change: bool = False
    stands: bool = False
    fact: str = ""
    by: str = ""

    @property
    def ends(self) -> datetime:
        return self.until or self.at

    @property
    def order(self) -> tuple[datetime, str, ObjectRef, str, str]:
        return (self.at, self.lane.value, self.subject, self.what, self.detail)


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Moments, oldest first, and what is marked among them.

    until: the time up to which the cluster was looked at.
    change: the change that came before ``first_symptom`` and is closest related to it.
    also: other changes to what the symptom leans on, shortly before it.
    left_out: moments there were too many of to keep.
    older: moments that are left out because they were over before the time that is told.
    partial: it is made of what somebody happened to read, so nothing follows from what is missing.
    """

    moments: tuple[Moment, ...]
    until: datetime
    about: ObjectRef | None = None
    change: Moment | None = None
    first_symptom: Moment | None = None
    also: tuple[Moment, ...] = ()
    left_out: int = 0
    older: int = 0
    gaps: tuple[Gap, ...] = ()
    partial: bool = False
