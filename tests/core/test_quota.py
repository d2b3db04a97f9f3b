"""What a person may have in a day, and when there is room again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from workbench.core.quota import WINDOW, Asking, Quota, check, measures, parse_quotas, quota_of
from workbench.errors import QuotaUsed, SettingsError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ago(hours: int, tokens: int = 0, dollars: str = "0") -> Asking:
    return Asking(at=NOON - timedelta(hours=hours), tokens=tokens, dollars=Decimal(dollars))


def test_there_is_room_again_when_the_oldest_question_is_a_day_old() -> None:
    asked = [ago(20), ago(3), ago(1)]
    check("ann", Quota(investigations=4), asked, NOON, new=True)
    with pytest.raises(QuotaUsed) as refused:
        check("ann", Quota(investigations=3), asked, NOON, new=True)
    assert refused.value.message == "ann has used 3 of 3 investigations within 24 hours."
    assert refused.value.hint == "There is room again at 2026-03-01 16:00 UTC."
    assert refused.value.seconds == 4 * 3600


def test_tokens_are_free_when_enough_of_them_are_a_day_old() -> None:
    asked = [ago(20, 10), ago(10, 500), ago(1, 95)]
    (measure,) = measures(Quota(tokens=100), asked)
    assert measure.frees == asked[1].at + WINDOW
    assert measure.text == "605 of 100 tokens"


def test_of_two_limits_the_one_that_frees_last_is_told() -> None:
    asked = [ago(20), ago(2, 0, "7.5")]
    quota = Quota(investigations=2, dollars=Decimal(5))
    with pytest.raises(QuotaUsed, match=r"7\.50 of 5\.00 dollars") as refused:
        check("ann", quota, asked, NOON, new=True)
    assert "2026-03-02 10:00" in refused.value.hint


def test_what_is_taken_up_again_is_no_other_investigation() -> None:
    asked = [ago(1, 50)]
    check("ann", Quota(investigations=1), asked, NOON, new=False)
    with pytest.raises(QuotaUsed):
        check("ann", Quota(tokens=50), asked, NOON, new=False)


def test_a_role_without_a_quota_has_that_of_the_others() -> None:
    quotas = parse_quotas({"default": {"investigations": 5}, "admin": {"dollars": 2.5}})
    assert quota_of(quotas, "operator") == Quota(investigations=5)
    assert quota_of(quotas, "admin") == Quota(dollars=Decimal("2.5"))
    assert quota_of({}, "operator") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"operator": {"questions": 5}},
        {"operator": {"tokens": 0}},
        {"operator": {"dollars": 0}},
        {"operator": 5},
    ],
)
def test_a_quota_that_is_none_is_told(wrong: object) -> None:
    with pytest.raises(SettingsError, match="quotas are not usable"):
        parse_quotas(wrong)
