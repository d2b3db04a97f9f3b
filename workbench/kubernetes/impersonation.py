"""Requests as the person whose call they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from workbench.core.impersonation import Person
from workbench.errors import Forbidden

_person: ContextVar[Person | None] = ContextVar("person", default=None)


@contextmanager
def acting_as(person: Person) -> Iterator[None]:
    """What is asked of the cluster meanwhile, by this task and those it begins, is theirs."""
    before = _person.set(person)
    try:
        yield
    finally:
        _person.reset(before)


def headers() -> list[tuple[str, str]]:
    """Those of a request (Kubernetes documentation, Authenticating, User impersonation). Raises
    Forbidden where it is nobody's."""
    person = _person.get()
    if person is None:
        raise Forbidden(
            "The call names no person, and calls are made as persons here.",
            "Call through the workbench that started this server with --impersonate.",
        )
    groups = [("Impersonate-Group", group) for group in person.groups]
    return [("Impersonate-User", person.user), *groups]
