from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.kubernetes.snapshots.shop import snapshot
from workbench.kubernetes.snapshots.save import write
from workbench.kubernetes.snapshots.serve.server import listening, served

MODULE = "workbench.kubernetes.snapshots.serve"
DEADLINE = 60
"""Seconds until a process that hangs fails the test."""


def client(kubeconfig: Path) -> httpx.Client:
    config = yaml.safe_load(kubeconfig.read_text())
    cluster: Any = config["clusters"][0]["cluster"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    token = config["users"][0]["user"]["token"]
    return httpx.Client(
        base_url=cluster["server"],
        verify=ssl.create_default_context(cadata=authority),
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=DEADLINE,
    )


async def ask(path: Path, url: str, **headers: str) -> httpx.Response:
    def run() -> httpx.Response:
        with client(path) as asking:
            return asking.get(url, headers=headers)

    return await asyncio.to_thread(run)


async def test_the_kubeconfig_is_private_and_goes_when_serving_ends(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "kubeconfig"
    async with served(snapshot(), kubeconfig=path):
        assert path.stat().st_mode & 0o777 == 0o600
        assert yaml.safe_load(path.read_text())["current-context"] == "shop-test"
        assert (await ask(path, "/version")).json()["gitVersion"] == "v1.32.1"
    assert list((tmp_path / "deep").iterdir()) == []


async def test_every_serving_has_a_token_of_its_own(tmp_path: Path) -> None:
    texts = set()
    for name in "ab":
        async with served(snapshot(), kubeconfig=tmp_path / name):
            config = yaml.safe_load((tmp_path / name).read_text())
            texts.add(config["users"][0]["user"]["token"])
    assert len(texts) == 2


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "Basic YTpi"])
async def test_without_the_token_nothing_is_served(kubeconfig: Path, token: str) -> None:
    for path in ("/api/v1/secrets", "/version", "/healthz"):
        answer = await ask(kubeconfig, path, Authorization=token)
        assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
async def test_a_request_meant_for_another_host_is_refused(kubeconfig: Path, host: str) -> None:
    assert (await ask(kubeconfig, "/api", Host=host)).status_code == 403


async def test_it_listens_on_the_loopback_address_only() -> None:
    with listening() as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def command(snapshot_path: Path, kubeconfig: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        MODULE,
        str(snapshot_path),
        "--kubeconfig",
        str(kubeconfig),
        *more,
    ]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    write(snapshot(), tmp_path / "shop.zip")
    return tmp_path / "shop.zip"


def test_a_socket_is_handed_over_and_the_process_ends_with_its_parents_pipe(
    saved: Path, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fd = listener.fileno()
        os.set_inheritable(fd, True)
        process = subprocess.Popen(
            command(saved, kubeconfig, "--fd", str(fd), "--until-eof"),
            stdin=subprocess.PIPE,
            pass_fds=[fd],
        )
        port = listener.getsockname()[1]
    with process:
        assert process.stdin
        # waits in the backlog until the process accepts, before any kubeconfig is written
        with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as early:
            early.sendall(b"not TLS at all\r\n\r\n")
            early.recv(1)
        with client(kubeconfig) as asking:
            assert asking.get("/api/v1/nodes").status_code == 200
        process.stdin.close()
        assert process.wait(DEADLINE) == 0
    assert not kubeconfig.exists()


def test_a_file_that_is_no_snapshot_ends_with_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path / "nothing", tmp_path / "kubeconfig"),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: There is no ")
    assert "Traceback" not in done.stderr


async def test_a_client_that_never_hangs_up_is_hung_up_on(tmp_path: Path) -> None:
    path = tmp_path / "config"
    async with served(snapshot(), kubeconfig=path) as address:
        silent = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        session = await asyncio.to_thread(context.wrap_socket, silent)
        session.sendall(b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"401" in await asyncio.to_thread(session.recv, 65536)
    with socket.socket(fileno=session.detach()) as below:  # what TCP says, not what TLS says
        below.settimeout(DEADLINE)
        with contextlib.suppress(ConnectionResetError):
            while await asyncio.to_thread(below.recv, 65536):
                pass
