"""The notebook server that a JupyterHub starts; a real Hub starts it in tests/hub."""

from __future__ import annotations

import pytest

from workbench.cli.hub_user import KEPT_OUT, NEEDED, check, given
from workbench.errors import SettingsError

TOLD = dict.fromkeys(NEEDED, "told")


@pytest.mark.parametrize("name", NEEDED)
def test_what_the_hub_has_not_told_is_named_in_one_line(name: str) -> None:
    with pytest.raises(SettingsError, match=f"JupyterHub: {name} is not set") as told:
        check({**TOLD, name: ""}, "https://workbench.example")
    assert "\n" not in told.value.message + told.value.hint


def test_without_a_gateway_nothing_is_started() -> None:
    check(TOLD, "https://workbench.example")
    with pytest.raises(SettingsError, match="WORKBENCH_GATEWAY is not set"):
        check(TOLD, "")


def test_credentials_that_a_spawner_hands_on_do_not_reach_peoples_code() -> None:
    found = given({**TOLD, **dict.fromkeys(KEPT_OUT, "secret"), "PATH": "/bin"})
    assert "secret" not in found.values()
    assert found.items() >= {**TOLD, "PATH": "/bin"}.items()


def test_the_hub_says_what_is_opened_first() -> None:
    assert given(TOLD)["JUPYTERHUB_DEFAULT_URL"] == "/lab"
    assert given({"JUPYTERHUB_DEFAULT_URL": "/tree"})["JUPYTERHUB_DEFAULT_URL"] == "/tree"
