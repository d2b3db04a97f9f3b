from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.support.changes import ARGUMENTS, CLUSTER, NOON, a_change
from workbench.core.change import (
    MAKING_LIFETIME,
    Approval,
    ChangeState,
    call_digest,
    decided,
    objection,
    state,
)

SECOND = timedelta(seconds=1)


def approval(**fields: Any) -> Approval:
    given = {"approved": True, "approver": "ann", "surface": "cli", "at": NOON} | fields
    return decided(a_change(), **given)


def test_an_approval_is_good_for_the_call_it_was_given_for() -> None:
    digest = call_digest("kube_scale", ARGUMENTS, CLUSTER)
    assert objection(approval(), digest=digest, user="ann", at=NOON + SECOND) == ""


@pytest.mark.parametrize(
    ("made", "more", "why"),
    [
        ({"approved": False}, {}, "ann denied it"),
        ({}, {"digest": call_digest("kube_scale", ARGUMENTS, "prod")}, "another call"),
        ({}, {"digest": call_digest("kube_delete_pod", ARGUMENTS, CLUSTER)}, "another call"),
        ({}, {"user": "bob"}, "ann approved it"),
        ({}, {"at": NOON - SECOND}, "in the future"),
        ({"lifetime": SECOND}, {"at": NOON + SECOND}, "expired"),
    ],
)
def test_it_is_good_for_nothing_else(made: dict[str, Any], more: dict[str, Any], why: str) -> None:
    asked = {"digest": call_digest("kube_scale", ARGUMENTS, CLUSTER), "user": "ann", "at": NOON}
    assert why in objection(approval(**made), **{**asked, **more})


def test_without_a_decision_there_is_no_approval() -> None:
    assert "nobody" in objection(None, digest="", user="ann", at=NOON)


def test_the_digest_does_not_depend_on_the_order_of_arguments() -> None:
    backwards = dict(reversed(ARGUMENTS.items()))
    assert call_digest("t", backwards, "c") == call_digest("t", ARGUMENTS, "c")


def test_the_digest_tells_types_apart() -> None:
    values = [1, 1.0, "1", True, None, [1], {"1": 1}, "", [], {}]
    assert len({call_digest("t", {"a": v}, "c") for v in values}) == len(values)


def test_a_change_is_proposed_then_decided_then_used_or_too_late() -> None:
    change, yes = a_change(), approval()
    late = NOON + timedelta(hours=2)
    assert state(change, None, NOON) is ChangeState.PROPOSED
    assert state(change, None, late) is ChangeState.EXPIRED
    assert state(change, yes, NOON) is ChangeState.APPROVED
    assert state(change, yes, late) is ChangeState.EXPIRED
    assert state(change, approval(approved=False), late) is ChangeState.DENIED


def test_what_was_begun_and_never_ended_is_unknown_after_a_while() -> None:
    begun = msgspec.structs.replace(approval(), used=NOON)
    assert state(a_change(), begun, NOON) is ChangeState.MAKING
    assert state(a_change(), begun, NOON + MAKING_LIFETIME) is ChangeState.DOUBTFUL
