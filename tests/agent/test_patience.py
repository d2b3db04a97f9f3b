from __future__ import annotations

import pytest
from pydantic_ai.exceptions import (
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelServerError,
)
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, UserPromptPart

from tests.support.investigating import steps
from tests.support.model_servers import ModelServer, scripts
from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.patience import LONGEST, TRIES, pause, resumable


def http(status: int, category: type | None = None, **headers: str) -> ModelHTTPError:
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return ModelHTTPError.for_category(
        category, status_code=status, model_name="m", headers=named or None
    )


def test_a_wait_the_provider_names_is_kept_to() -> None:
    assert pause(http(429, ModelRateLimitError, Retry_After="7"), 1) == 7
    assert pause(http(429, ModelRateLimitError, Retry_After_Ms="250"), 1) == 0.25


def test_without_one_it_is_half_a_second_and_doubles() -> None:
    first, second = pause(http(529), 1), pause(http(529), 2)
    assert first is not None
    assert second is not None
    assert 0.375 <= first <= 0.5
    assert 0.75 <= second <= 1


def test_waits_of_many_clients_differ() -> None:
    assert len({pause(http(503, ModelServerError), 1) for _ in range(20)}) > 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_refused_request_is_tried_once(status: int) -> None:
    assert pause(http(status), 1) is None


@pytest.mark.parametrize("category", [ModelQuotaExceededError, ModelContextWindowExceededError])
def test_a_spent_quota_and_too_much_text_are_tried_once(category: type) -> None:
    assert pause(http(429, category, Retry_After="1"), 1) is None


def test_a_broken_connection_is_tried_again() -> None:
    assert pause(ModelConnectionError("m", "reset"), 1) is not None


def test_the_tries_come_to_an_end() -> None:
    assert pause(http(500), TRIES) is None


def test_nobody_waits_longer_than_is_bearable_or_than_the_budget_lasts() -> None:
    assert pause(http(429, Retry_After=str(LONGEST + 1)), 1) is None
    assert pause(http(429, Retry_After="10"), 1, left=5) is None


def test_what_the_provider_says_of_trying_again_counts() -> None:
    assert pause(http(503, x_should_retry="false"), 1) is None


def test_half_an_answer_is_left_out_when_the_run_goes_on() -> None:
    asked = ModelRequest(parts=[UserPromptPart("why?")])
    assert resumable([asked, ModelResponse(parts=[TextPart("it is")])]) == [asked]


async def test_a_spent_quota_costs_one_request() -> None:
    async with ModelServer(scripts()["spent-quota"]["turns"]) as server:
        await steps("why?", ScriptedTools(load("missing-config")), server.choice("openai"))
    assert len(server.requests) == 1
