"""The options of a log request, checked as the API server checks them."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from starlette.requests import Request

from workbench.kubernetes.snapshots.serve.failure import StatusFailure, bad_request, invalid
from workbench.kubernetes.snapshots.serve.paging import integer, is_true


class Options(msgspec.Struct, frozen=True):
    """PodLogOptions (Kubernetes API reference): what part of a log is wanted."""

    container: str = ""
    previous: bool = False
    timestamps: bool = False
    tail: int | None = None
    since: datetime | None = None
    most_bytes: int | None = None


def log_options(request: Request, pod: str, now: datetime) -> Options:
    """Read the query of a log request. ``pod`` is named in errors; ``now`` is the frozen one.

    Raises StatusFailure: 400 for what cannot be parsed, 422 for what is out of range.
    """
    query = request.query_params
    tail, most = integer(query.get("tailLines", "")), integer(query.get("limitBytes", ""))
    seconds, moment = integer(query.get("sinceSeconds", "")), query.get("sinceTime", "")
    if tail is not None and tail < 0:
        raise _wrong(pod, "tailLines", tail, "must be greater than or equal to 0")
    if most is not None and most < 1:
        raise _wrong(pod, "limitBytes", most, "must be greater than 0")
    if seconds is not None and moment:
        problem = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        raise invalid("PodLogOptions", pod, "sinceSeconds", problem)
    if seconds is not None and seconds < 1:
        raise _wrong(pod, "sinceSeconds", seconds, "must be greater than 0")
    return Options(
        query.get("container", ""),
        is_true(query.get("previous")),
        is_true(query.get("timestamps")),
        tail,
        _since(seconds, moment, now),
        most,
    )


def _since(seconds: int | None, moment: str, now: datetime) -> datetime | None:
    if seconds is not None:
        try:
            return now - timedelta(seconds=seconds)
        except OverflowError:
            return None  # longer ago than time itself: all of the log
    if not moment:
        return None
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise bad_request(f'parsing time "{moment}": not an RFC 3339 time')
    return found


def _wrong(pod: str, field: str, value: int, rule: str) -> StatusFailure:
    return invalid("PodLogOptions", pod, field, f"Invalid value: {value}: {rule}")
