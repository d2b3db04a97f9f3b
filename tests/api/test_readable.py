"""What went wrong, as a page for a browser and as a problem for a program."""

from __future__ import annotations

import base64
import hashlib
import re

import httpx2
import pytest
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.api.conftest import signed
from workbench.api.access import ways_in
from workbench.api.failures import problem
from workbench.api.readable import Readable
from workbench.errors import AccessDenied, NotSignedIn, StoreUnavailable, WorkbenchError
from workbench.settings import load_settings

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HOSTILE = "<img src=x onerror=alert(1)>"


async def asked(
    error: WorkbenchError | Response, accept: str = BROWSER, method: str = "GET", prefix: str = ""
) -> httpx2.Response:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        answer = error if isinstance(error, Response) else problem(error)
        await answer(scope, receive, send)

    transport = httpx2.ASGITransport(app=Readable(app, prefix, ["Come through the front door."]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.request(method, "/x", headers={"Accept": accept})


async def test_a_browser_without_a_token_is_told_how_to_sign_in() -> None:
    answer = await asked(NotSignedIn("Nobody is signed in.", "Send a bearer token."))
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (answer.headers["www-authenticate"], answer.headers["vary"]) == ("Bearer", "Accept")
    assert answer.headers["cache-control"] == "no-store"
    assert "<h1>Nobody is signed in.</h1>" in answer.text
    assert "<li>Come through the front door.</li>" in answer.text
    assert "bearer token" not in answer.text


async def test_other_troubles_say_what_to_try_and_when() -> None:
    answer = await asked(StoreUnavailable("The database is away.", "It was asked for 5 s."))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "It was asked for 5 s." in answer.text
    assert "store-unavailable" in answer.text
    assert "Reload" in (await asked(StoreUnavailable("The database is away."))).text
    assert "sign in" not in (await asked(AccessDenied("Only approvers may."))).text


@pytest.mark.parametrize(("prefix", "home"), [("", "/"), ("/services/wb", "/services/wb/")])
async def test_its_links_stay_under_the_prefix(prefix: str, home: str) -> None:
    answer = await asked(AccessDenied("Only approvers may."), prefix=prefix)
    assert f'href="{home}"' in answer.text
    assert f'href="{home}api/docs"' in answer.text


async def test_it_runs_and_loads_nothing_whatever_the_error_says() -> None:
    answer = await asked(AccessDenied(HOSTILE, HOSTILE))
    assert "<img" not in answer.text
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    (style,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("accept", "method"),
    [
        ("*/*", "GET"),
        ("application/json", "GET"),
        ("text/html, application/json", "GET"),
        (BROWSER, "POST"),
        (BROWSER, "HEAD"),
    ],
)
async def test_a_program_gets_a_problem(accept: str, method: str) -> None:
    answer = await asked(NotSignedIn("Nobody is signed in."), accept, method)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_other_answers_are_let_through() -> None:
    answer = await asked(JSONResponse({"error": "of another kind"}, 404))
    assert answer.json() == {"error": "of another kind"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, ["`workbench up`"]),
        ({"jupyterhub": True}, ["JupyterHub"]),
        ({"jwt_issuer": "https://login.example"}, ["https://login.example"]),
        (
            {"trusted_proxies": "10.1.2.3", "public_url": "https://wb.example", "jwks_url": "https://x"},
            ["https://wb.example", "?token="],
        ),
    ],
)  # fmt: skip
def test_the_page_names_the_ways_in_that_there_are(given: dict[str, str], says: list[str]) -> None:
    ways = ways_in(load_settings(**given))
    assert len(ways) == len(says)
    for way, words in zip(ways, says, strict=True):
        assert words in way


def test_a_served_workbench_answers_a_browser_and_a_program_each_in_their_way(server: str) -> None:
    page = {"Accept": BROWSER}
    nobody = httpx2.get(f"{server}/chat", headers=page, timeout=60)
    assert (nobody.status_code, "How to sign in" in nobody.text) == (401, True)
    assert nobody.headers["x-content-type-options"] == "nosniff"
    assert httpx2.get(f"{server}/chat", timeout=60).json()["type"] == "not-signed-in"
    somebody = {"Authorization": f"Bearer {signed('reed')}"}
    lost = httpx2.get(f"{server}/nowhere", headers={**page, **somebody}, timeout=60)
    assert lost.status_code == 404
    assert "There is no page /nowhere." in lost.text
    assert httpx2.get(f"{server}/nowhere", headers=somebody, timeout=60).json()["type"] == "http"
