"""People of a JupyterHub: one sign-in for pages, API and kernels, roles by groups."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import msgspec
import pytest
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
from traitlets.config import PyFileConfigLoader
from websockets.sync.client import connect

from tests.hub.conftest import CONFIG, Hub
from workbench.api.hub import Hub as Service
from workbench.errors import SettingsError

pytestmark = pytest.mark.xdist_group("jupyterhub")
"""They share one Hub."""

STARTS_SECONDS = 90


def me(client: httpx2.Client, hub: Hub) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{hub.workbench}/api/me").json()
    return found


def test_a_browser_is_signed_in_by_the_hub_and_comes_to_the_page_it_asked_for(hub: Hub) -> None:
    with httpx2.Client(headers={"Accept": "text/html"}) as nobody:
        sent = nobody.get(f"{hub.workbench}/chat")
        assert sent.status_code == 302
        assert "/hub/api/oauth2/authorize?" in sent.headers["location"]
        assert nobody.get(f"{hub.workbench}/api/me", headers={"Accept": "*/*"}).status_code == 401
    with hub.browser("ann") as ann:
        page = ann.get(f"{hub.workbench}/triage")
        assert page.status_code == 200
        assert page.url.path == "/services/workbench/triage"
        assert "ACK" in opened(hub, ann, page.text)
        assert me(ann, hub) | {"model": ""} == {
            "name": "ann", "role": "operator", "decides": False, "cluster": "demo-shop",
            "frozen": True, "model": "",
        }  # fmt: skip
        static = ann.get(f"{hub.workbench}/static/js/bokeh.min.js")
        assert static.status_code == 200
        first = ann.get(hub.workbench)
        assert first.url.path == "/services/workbench/chat"


def opened(hub: Hub, client: httpx2.Client, page: str) -> str:
    """What the server says first to the websocket of a page."""
    found = re.search(r'"token":"([^"]+)"', page)
    assert found
    address = hub.workbench.replace("http", "ws") + "/triage/ws"
    cookies = "; ".join(f"{c.name}={c.value}" for c in client.cookies.jar)
    headers = {"Cookie": cookies, "Origin": hub.address}
    protocols: Any = ["bokeh", found[1]]
    with connect(address, additional_headers=headers, subprotocols=protocols) as ws:
        return str(ws.recv(timeout=30))


def test_roles_are_those_of_the_groups(hub: Hub) -> None:
    with hub.browser("bob") as bob, hub.browser("eric") as eric:
        for client in (bob, eric):
            client.get(f"{hub.workbench}/chat")
        assert (me(bob, hub)["role"], me(bob, hub)["decides"]) == ("approver", True)
        assert me(eric, hub)["role"] == "viewer"
        asked = eric.post(f"{hub.workbench}/api/chat", json={"message": "why?"})
        assert asked.status_code == 403


async def test_a_service_that_the_hub_does_not_know_is_told(hub: Hub) -> None:
    ready = httpx2.get(f"{hub.workbench}/readyz").json()
    assert ready["parts"]["hub"] == "ok"
    told = {
        "API_URL": f"{hub.address}/hub/api", "API_TOKEN": "of nobody", "BASE_URL": "/",
        "CLIENT_ID": "service-workbench", "SERVICE_PREFIX": "/services/workbench/",
    }  # fmt: skip
    with pytest.raises(SettingsError, match="JUPYTERHUB_API_TOKEN"):
        await Service.told({f"JUPYTERHUB_{name}": value for name, value in told.items()}).knows_us()


def test_a_sign_in_that_nobody_began_is_refused(hub: Hub) -> None:
    with hub.browser("ann") as ann:
        back = ann.get(f"{hub.workbench}/oauth_callback?state=guessed&code=stolen")
        assert back.status_code == 401
        assert "not the sign-in that was begun" in back.text


def test_cookies_of_the_workbench_are_not_sent_to_anybodys_server(hub: Hub) -> None:
    with hub.browser("ann") as ann:
        ann.get(f"{hub.workbench}/chat")
        own = [cookie for cookie in ann.cookies.jar if cookie.name.startswith("workbench")]
    assert {(c.name, c.path) for c in own} == {("workbench_token", "/services/workbench/")}
    assert all(c.has_nonstandard_attr("HttpOnly") for c in own)


def token_of(hub: Hub, name: str, *scopes: str, seconds: int = 600) -> str:
    """A token of theirs that code holds, as the one of a notebook server."""
    hub.asked("POST", f"/hub/api/users/{name}")
    wanted = {"scopes": list(scopes), "expires_in": seconds, "note": "test"}
    made = hub.asked("POST", f"/hub/api/users/{name}/tokens", json=wanted)
    assert made.status_code == 201, made.text
    return str(made.json()["token"])


ACCESS = "access:services!service=workbench"


def test_a_token_that_code_holds_decides_about_nothing(hub: Hub) -> None:
    headers = {"Authorization": f"Bearer {token_of(hub, 'bob', ACCESS)}"}
    with httpx2.Client(headers=headers, cookies={"workbench_token": "x"}) as code:
        found = me(code, hub)
        assert (found["name"], found["role"], found["decides"]) == ("bob", "approver", False)
    as_cookie = {"workbench_token": token_of(hub, "bob", ACCESS)}
    with httpx2.Client(cookies=as_cookie) as code:
        assert not me(code, hub)["decides"]


def test_a_token_without_the_scope_or_the_time_lets_nobody_in(hub: Hub) -> None:
    without = token_of(hub, "ann", "read:users!user")
    short = token_of(hub, "ann", ACCESS, seconds=1)
    time.sleep(1.5)
    for token in (without, short, uuid4().hex, hub.token):
        headers = {"Authorization": f"Bearer {token}"}
        for path in ("/api/me", "/mcp"):
            assert httpx2.get(hub.workbench + path, headers=headers).status_code == 401


def started(hub: Hub, name: str) -> None:
    """Somebody's notebook server, up."""
    hub.asked("POST", f"/hub/api/users/{name}")
    made = hub.asked("POST", f"/hub/api/users/{name}/server")
    assert made.status_code in (201, 202), made.text
    until = time.monotonic() + STARTS_SECONDS
    while not hub.asked("GET", f"/hub/api/users/{name}").json()["servers"].get("", {}).get("ready"):
        assert time.monotonic() < until
        time.sleep(0.2)


def executed(hub: Hub, name: str, *cells: str) -> list[str]:
    """What the cells print and show as text, run one after the other in a kernel of theirs."""
    kernel = hub.asked("POST", f"/user/{name}/api/kernels", json={}).json()["id"]
    address = hub.address.replace("http", "ws") + f"/user/{name}/api/kernels/{kernel}/channels"
    headers = {"Authorization": f"token {hub.token}"}
    with connect(address, additional_headers=headers, max_size=None) as ws:
        try:
            return [_run(ws, cell) for cell in cells]
        finally:
            hub.asked("DELETE", f"/user/{name}/api/kernels/{kernel}")


def _run(ws: Any, cell: str) -> str:
    id = uuid4().hex
    header = {"msg_id": id, "msg_type": "execute_request", "session": id, "version": "5.3"}
    asked = {
        "header": {**header, "username": ""},
        "parent_header": {},
        "metadata": {},
        "content": {"code": cell, "silent": False, "allow_stdin": False},
        "channel": "shell",
        "buffers": [],
    }
    ws.send(msgspec.json.encode(asked).decode())
    said: list[str] = []
    while True:
        message = msgspec.json.decode(ws.recv(timeout=120))
        if message["parent_header"].get("msg_id") != id:
            continue
        body = message["content"]
        match message["header"]["msg_type"]:
            case "stream":
                said.append(body["text"])
            case "display_data" | "execute_result" | "update_display_data":
                said.append(body["data"].get("text/plain", ""))
            case "error":
                said.append("\n".join(body["traceback"]))
            case "status" if body["execution_state"] == "idle":
                return "\n".join(said)


def test_what_nobody_uses_for_an_hour_ends() -> None:
    loaded = PyFileConfigLoader(str(CONFIG)).load_config()
    given = dict(one.removeprefix("--").split("=") for one in loaded.Spawner.args)
    for name, seconds in given.items():
        part, _, trait = name.partition(".")
        (owner,) = (one for one in (ServerApp, MappingKernelManager) if one.__name__ == part)
        assert owner.class_traits(config=True)[trait].default_value != int(seconds) == 3600


LOOK = """
import os, psutil
me = psutil.Process()
ports = {c.raddr.port for c in me.net_connections("inet") if c.raddr and c.status == "ESTABLISHED"}
print(sorted(n for n in os.environ if n in ("DATABASE_URL", "KUBECONFIG")), len(me.children()))
import workbench.settings
try:
    from workbench.bootstrap import open_database
    async with open_database(workbench.settings.load_settings()):
        print("opened")
except workbench.errors.SettingsError as error:
    print(error.message)
"""


async def test_a_kernel_asks_through_the_gateway_as_its_person(hub: Hub) -> None:
    await asyncio.to_thread(started, hub, "eva")
    cells = (
        "answer = %k8s_ask -n shop why is checkout failing",
        "print(answer.label, answer.status.value)",
        'pods = %k8s_get pods -n shop\nprint(len(pods), pods.attrs["evidence"])',
        LOOK,
        "%k8s status",
    )
    _, asked, got, looked, status = await asyncio.to_thread(executed, hub, "eva", *cells)
    label, state = asked.split()
    assert state == "complete"
    count, evidence = got.split()
    assert int(count) > 5
    assert evidence == "E1"
    assert looked.splitlines()[0] == "[] 0"
    assert "A database is not opened here" in looked
    assert f"kept by http://127.0.0.1:{hub_port(status)}/services/workbench" in status

    with hub.browser("eva") as eva, hub.browser("bob") as bob:
        for client in (eva, bob):
            client.get(f"{hub.workbench}/chat")
        mine = eva.get(f"{hub.workbench}/api/investigations").json()["items"]
        assert [one["label"] for one in mine] == [label]
        assert eva.get(f"{hub.workbench}/api/investigations/{label}").status_code == 200
        assert bob.get(f"{hub.workbench}/api/investigations").json()["items"] == []
        assert bob.get(f"{hub.workbench}/api/investigations/{label}").status_code == 404

    connection = await asyncpg.connect(hub.dsn)
    try:
        rows = await connection.fetch("select distinct user_name, surface from audit_logs")
    finally:
        await connection.close()
    assert {tuple(row) for row in rows} == {("eva", "gateway")}


def hub_port(status: str) -> str:
    return status.split("http://127.0.0.1:")[1].split("/")[0]
