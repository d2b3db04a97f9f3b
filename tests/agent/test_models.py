import subprocess
import sys

import pytest
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel

from workbench.agent.choice import ModelChoice
from workbench.agent.models import newest, resolve_model
from workbench.errors import ModelUnavailable


def test_without_a_key_the_analyst_is_used() -> None:
    assert resolve_model(ModelChoice()).model_name == "analyst"


def test_an_anthropic_key_comes_first() -> None:
    choice = ModelChoice(anthropic_api_key="a", openai_api_key="b")
    assert isinstance(resolve_model(choice), AnthropicModel)


def test_an_openai_key_is_used_when_it_is_the_only_one() -> None:
    assert isinstance(resolve_model(ModelChoice(openai_api_key="b")), OpenAIChatModel)


def test_what_was_asked_for_wins_over_keys() -> None:
    choice = ModelChoice(spec="analyst", anthropic_api_key="a")
    assert resolve_model(choice).model_name == "analyst"


def test_a_bare_provider_means_its_newest_model() -> None:
    model = resolve_model(ModelChoice(spec="anthropic", anthropic_api_key="a"))
    assert model.model_name == newest("anthropic")


@pytest.mark.parametrize(("provider", "family"), [("anthropic", "sonnet"), ("openai", "sol")])
def test_the_newest_is_the_highest_version_of_the_middle_family(provider: str, family: str) -> None:
    from typing import get_args

    from pydantic_ai.models import KnownModelName

    name = newest(provider)
    assert family in name
    assert f"{provider}:{name}" in get_args(KnownModelName.__value__)


def test_versions_are_compared_as_numbers() -> None:
    names = (
        "anthropic:claude-sonnet-4-20250514",
        "anthropic:claude-sonnet-10-1",
        "anthropic:claude-sonnet-9-5",
        "anthropic:claude-opus-11",
        "gateway/anthropic:claude-sonnet-99",
    )
    assert newest("anthropic", names) == "claude-sonnet-10-1"
    assert newest("anthropic", ("anthropic:claude-next-2", "anthropic:claude-next-1")) == (
        "claude-next-2"
    )


@pytest.mark.parametrize(("spec", "variable"), [("anthropic", "ANTHROPIC"), ("openai:x", "OPENAI")])
def test_a_missing_key_says_what_to_set(spec: str, variable: str) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        resolve_model(ModelChoice(spec=spec))
    assert f"{variable}_API_KEY" in caught.value.hint
    assert "analyst" in caught.value.hint


def test_an_openai_compatible_server_needs_no_key() -> None:
    choice = ModelChoice(spec="openai:llama3", openai_base_url="http://127.0.0.1:1/v1")
    model = resolve_model(choice)
    assert model.model_name == "llama3"
    assert model.base_url == "http://127.0.0.1:1/v1/"


def test_a_server_without_a_model_name_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="without a model"):
        resolve_model(ModelChoice(spec="openai", openai_base_url="http://127.0.0.1:1/v1"))


def test_an_unknown_provider_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        resolve_model(ModelChoice(spec="acme:x"))
    assert "anthropic:NAME" in caught.value.hint


def test_a_choice_never_shows_its_keys() -> None:
    choice = ModelChoice(anthropic_api_key="sk-1", openai_api_key="sk-2")
    assert "sk-" not in repr(choice)
    assert "sk-" not in choice.label


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import workbench.agent.investigator", {"pydantic_ai", "pydantic", "anthropic", "openai"}),
        (
            "from workbench.agent.models import *; resolve_model(ModelChoice())",
            {"anthropic", "openai"},
        ),
        (
            "from workbench.agent.models import *; "
            "resolve_model(ModelChoice(spec='openai:x', openai_api_key='k'))",
            {"anthropic"},
        ),
    ],
)
def test_no_library_is_imported_before_it_is_used(code: str, unwanted: set[str]) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not unwanted & set(shown.stdout.splitlines())
