"""Served under a path that the proxy in front leaves in."""

from __future__ import annotations

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from workbench.api.hub import Hub
from workbench.api.prefix import Prefixed, prefix_of
from workbench.errors import SettingsError


async def told(request: Request) -> Response:
    return PlainTextResponse(f"{request.url.path} {prefix_of(request.scope)}")


async def away(request: Request) -> Response:
    return RedirectResponse(request.query_params["to"])


@pytest.fixture
def client() -> httpx2.AsyncClient:
    app = Starlette(routes=[Route("/", told), Route("/chat", told), Route("/away", away)])
    transport = httpx2.ASGITransport(Prefixed(app, "/services/workbench/"))
    return httpx2.AsyncClient(transport=transport, base_url="http://hub")


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("/services/workbench/chat", "/chat /services/workbench"),
        ("/services/workbench/", "/ /services/workbench"),
        ("/chat", "/chat "),
    ],
)
async def test_the_path_is_taken_off(client: httpx2.AsyncClient, asked: str, seen: str) -> None:
    assert (await client.get(asked)).text == seen


async def test_what_only_begins_like_it_is_something_else(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/services/workbench-of-mallory/chat")).status_code == 404


@pytest.mark.parametrize(
    ("to", "leads"),
    [
        ("/chat", "/services/workbench/chat"),
        ("/services/workbench/chat", "/services/workbench/chat"),
        ("https://login.example/", "https://login.example/"),
    ],
)
async def test_redirects_stay_under_it(client: httpx2.AsyncClient, to: str, leads: str) -> None:
    answer = await client.get("/services/workbench/away", params={"to": to})
    assert answer.headers["location"] == leads
    bare = await client.get("/services/workbench")
    assert bare.headers["location"] == "/services/workbench/"


def test_what_the_hub_did_not_say_is_named() -> None:
    with pytest.raises(SettingsError, match="JUPYTERHUB_API_TOKEN, JUPYTERHUB_CLIENT_ID"):
        Hub.told(
            {
                "JUPYTERHUB_API_URL": "http://hub:8081/hub/api",
                "JUPYTERHUB_BASE_URL": "/",
                "JUPYTERHUB_SERVICE_PREFIX": "/services/workbench/",
            }
        )
