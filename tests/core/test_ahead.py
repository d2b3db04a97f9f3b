"""What a signed approval holds for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.support.changes import ARGUMENTS, COUNT, NOON, a_change, mutated
from tests.support.signing import SHA256, an_approval
from workbench.core.ahead import bound, misfit
from workbench.core.change import ProposedChange

SOON = NOON + timedelta(minutes=5)


def tried_again(change: ProposedChange, **fields: Any) -> ProposedChange:
    """The same change as a run proposes it later."""
    return a_change(number=9, preview=change.preview, **fields)


def test_it_holds_for_the_same_change_at_a_later_resource_version() -> None:
    change = a_change()
    later = dict(ARGUMENTS, resource_version="702")
    assert bound(a_change(arguments=later)) == bound(change)
    assert misfit(an_approval(change), a_change(arguments=later), SHA256, SOON) == ""


def test_clocks_may_be_a_minute_apart_and_no_expiry_is_stretched() -> None:
    signed, change = an_approval(a_change()), a_change()
    assert misfit(signed, change, SHA256, NOON - timedelta(seconds=60)) == ""
    assert misfit(signed, change, SHA256, signed.expires - timedelta(seconds=1)) == ""
    assert "it expired at" in misfit(signed, change, SHA256, signed.expires)


def test_it_holds_for_no_other_call() -> None:
    """WORKBENCH_TEST_APPROVALS=10000 is the promise."""
    change = a_change()
    others, signed = mutated(ARGUMENTS, seed=7), an_approval(change)
    for _ in range(COUNT):
        other = next(others)
        if other | {"resource_version": ""} == ARGUMENTS | {"resource_version": ""}:
            continue
        assert "is for" in misfit(signed, a_change(arguments=other), SHA256, SOON), other


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tool": "kube_delete_pod"}, "it is for"),
        ({"cluster": "prod"}, "it is for kind-shop, and this is prod"),
    ],
)
def test_nor_for_another_tool_or_cluster(fields: dict[str, Any], said: str) -> None:
    change = a_change()
    assert said in misfit(an_approval(change), tried_again(change, **fields), SHA256, SOON)


def test_nor_for_an_object_that_was_made_anew() -> None:
    change = a_change()
    anew = msgspec.structs.replace(change.preview, uid="another")
    assert "it is for" in misfit(an_approval(change), a_change(preview=anew), SHA256, SOON)


@pytest.mark.parametrize(
    ("sha256", "at", "said"),
    [
        ("", SOON, "nothing says which one runs here"),
        ("00" * 32, SOON, "as it was when this was signed"),
        (SHA256, NOON + timedelta(hours=12), "it expired at 2026-11-23 00:00 UTC"),
        (SHA256, NOON - timedelta(seconds=61), "signed in the future, at 2026-11-22 12:00 UTC"),
    ],
)
def test_nor_in_another_runbook_or_at_another_time(sha256: str, at: Any, said: str) -> None:
    change = a_change()
    assert said in misfit(an_approval(change), tried_again(change), sha256, at)
