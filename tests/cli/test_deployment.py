"""The checklist of a deployment, over a real database, a frozen cluster and a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.conftest import (
    AUDIENCE,
    ISSUER,
    SECRET,
    open_folder,
    postgres_server,
    server,
    server_database,
)
from workbench.cli.deployment import Found, checked, cookies
from workbench.settings import load_settings

__all__ = ["open_folder", "postgres_server", "server", "server_database"]


def by_part(found: list[Found]) -> dict[str, Found]:
    return {one.part: one for one in found}


async def test_what_holds_is_ok_and_what_the_role_may_too_much_is_named(
    server: str, server_database: str, tmp_path: Path
) -> None:
    settings = load_settings(
        database_url=server_database, snapshot="demo", data_dir=tmp_path,
        jwt_secret=SECRET, jwt_issuer=ISSUER, jwt_audience=AUDIENCE, roles={"sre": "operator"},
    )  # fmt: skip
    found = by_part(await checked(settings, server))
    states = {part: one.state for part, one in found.items()}
    assert states == {
        "database": "ok", "sign-in": "ok", "model": "ok", "reads": "ok", "writes": "broken",
        "changes": "ok", "reached": "ok",
    }  # fmt: skip
    assert found["writes"].detail == "may get secrets, list secrets"  # a snapshot may be read whole


async def test_with_a_namespace_it_is_asked_about_what_a_namespace_has(
    server_database: str, tmp_path: Path
) -> None:
    settings = load_settings(
        database_url=server_database, snapshot="demo", data_dir=tmp_path, namespace="shop"
    )
    found = by_part(await checked(settings, ""))
    assert found["reads"].detail == "6 asked about in shop, all allowed"


async def test_who_acts_as_persons_is_told_whom_it_may_not_name(
    server_database: str, tmp_path: Path
) -> None:
    settings = load_settings(
        database_url=server_database, snapshot="demo", data_dir=tmp_path, impersonate=True,
        roles={"sre": "operator", "platform": "admin"},
    )  # fmt: skip
    found = by_part(await checked(settings, ""))
    assert found["reads"].detail == "may not act as sre, platform"


async def test_what_is_missing_is_told_with_what_to_do(tmp_path: Path) -> None:
    settings = load_settings(
        snapshot="demo", data_dir=tmp_path, database_url="postgresql://127.0.0.1:1/none"
    )
    found = by_part(await checked(settings, "https://127.0.0.1:1/services/workbench"))
    assert {part for part, one in found.items() if one.state == "broken"} == {
        "database", "sign-in", "cluster", "reached",
    }  # fmt: skip
    assert "tls_proxies" in found["cookies"].hint
    assert all(one.hint for one in found.values() if one.state == "broken")


@pytest.mark.parametrize("setting", ["tls_proxies", "trusted_proxies"])
def test_cookies_are_secure_where_a_proxy_is_believed_about_https(setting: str) -> None:
    found = cookies(load_settings(**{setting: "10.0.0.0/8"}))
    assert (found.state, "10.0.0.0/8" in found.detail) == ("ok", True)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"jwks_url": "https://login.example/keys"}, "jwt_issuer"),
        ({"jupyterhub": True}, "JUPYTERHUB_API_URL"),
        ({"trusted_proxies": "10.0.0.1"}, "all are operator"),
    ],
)
async def test_a_way_in_that_is_half_made_is_named(
    given: dict[str, object], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUPYTERHUB_API_URL", raising=False)
    settings = load_settings(database_url="postgresql://127.0.0.1:1/none", **given)
    assert says in by_part(await checked(settings, ""))["sign-in"].detail
