"""What a rollout history says about the time at which a fault began."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from workbench.agent.analyst import offers as role
from workbench.agent.answers import Answer
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding

NEAR = timedelta(minutes=15)  # a fault this soon after a rollout is told together with it


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """changes: ``(path, old, new)`` against the revision before."""

    number: int
    created: datetime | None = None
    images: tuple[str, ...] = ()
    replicas: int = 0
    changes: tuple[tuple[str, str, str], ...] = ()


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The revisions of one workload, oldest first, and the answer that holds them."""

    workload: ObjectRef
    answer: Answer
    revisions: tuple[Revision, ...]

    @property
    def newest(self) -> Revision:
        return self.revisions[-1]

    @property
    def before(self) -> Revision | None:
        return self.revisions[-2] if len(self.revisions) > 1 else None

    def began_with(self, finding: Finding) -> bool:
        """The fault began when the newest revision came, or a little later."""
        came, since = self.newest.created, finding.since
        if came is None or since is None or self.before is None:
            return False
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        return timedelta(minutes=-2) <= since - came <= NEAR

    def touches(self, *words: str) -> bool:
        """The newest revision changed a field whose path or value has one of the words."""
        said = " ".join(" ".join(change) for change in self.newest.changes)
        return any(word and word in said for word in words)

    def removed(self, word: str) -> bool:
        """The newest revision took a field away that has the word in its path or value."""
        return any(
            old and not new and word in f"{path} {old}" for path, old, new in self.newest.changes
        )


def history_of(workload: ObjectRef, answers: Iterable[Answer]) -> History | None:
    """The newest history of the workload among the answers; None when there is none."""
    found = None
    for answer in answers:
        about = role.subject(answer)
        if role.role(answer.remote_name) == role.ROLLOUT and about == workload and answer.evidence:
            revisions = _revisions(answer.data)
            if revisions and not answer.failed:
                found = History(workload=workload, answer=answer, revisions=revisions)
    return found


def _revisions(data: Any) -> tuple[Revision, ...]:
    trees = data.get("revisions") if isinstance(data, dict) else None
    trees = trees if isinstance(trees, list | tuple) else ()
    found = [r for t in trees if isinstance(t, dict) and (r := _revision(t))]
    return tuple(sorted(found, key=lambda r: r.number))


def _revision(tree: dict[str, Any]) -> Revision | None:
    number, replicas = tree.get("number"), tree.get("replicas")
    if not isinstance(number, int):
        return None
    return Revision(
        number=number,
        created=_time(tree.get("created")),
        images=_words(tree.get("images")),
        replicas=replicas if isinstance(replicas, int) else 0,
        changes=tuple(_change(c) for c in tree.get("changes") or () if isinstance(c, dict)),
    )


def _change(tree: dict[str, Any]) -> tuple[str, str, str]:
    path, old, new = (tree.get(k) for k in ("path", "old", "new"))
    return str(path or ""), _short(old), _short(new)


def _short(value: Any) -> str:
    return "" if value is None else str(value)[:80]


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, list | tuple) else ()


def _time(value: Any) -> datetime | None:
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return when if when is None or when.tzinfo else when.replace(tzinfo=UTC)


def in_words(revision: Revision) -> str:
    """``image 3.7.2 → 3.8.0``, ``limits.memory 512Mi → 256Mi`` and the like, two at most."""
    said = [_changed(*change) for change in revision.changes[:2]]
    more = len(revision.changes) - len(said)
    return ", ".join([*said, f"{more} more"] if more > 0 else said)


def _changed(path: str, old: str, new: str) -> str:
    short = path.rsplit("].", 1)[-1]
    if short == "image" and old.rpartition(":")[0] == new.rpartition(":")[0]:
        return f"image {old.rpartition(':')[2]} → {new.rpartition(':')[2]}"
    if not old:
        return f"{short} added"
    return f"{short} {old} → {new}" if new else f"{short} removed"
