"""A real JupyterHub on loopback, with its proxy, the workbench as its service, and two people."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec
import pytest

from tests.api.conftest import fresh_database
from tests.support.postgres import open_folder, postgres_server

__all__ = ["open_folder", "postgres_server"]

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "deploy" / "jupyterhub" / "jupyterhub_config.py"
PROXY = ROOT / "tests" / "npm" / "node_modules" / "configurable-http-proxy"
PASSWORD = secrets.token_hex(16)
STARTS_SECONDS = 90

TESTED = """
c = get_config()
load_subconfig({config!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.JupyterHub.authenticator_class = "shared-password"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.load_groups = {{"sre": {{"users": ["ann", "eva"]}}, "sre-leads": {{"users": ["bob"]}}}}
c.JupyterHub.services.append({{"name": "test", "api_token": {token!r}}})
c.JupyterHub.load_roles.append(
    {{"name": "test", "services": ["test"],
      "scopes": ["admin:users", "admin:servers", "access:servers", "tokens"]}}
)
c.SharedPasswordAuthenticator.user_password = {password!r}
c.Authenticator.allow_all = True
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home/{{username}}"
c.Spawner.args.append("--allow-root")
c.Spawner.start_timeout = c.Spawner.http_timeout = {starts}
"""


class Hub(msgspec.Struct, frozen=True):
    """Where it is, the token of its tests, and the DSN of the workbench's database."""

    address: str
    token: str
    dsn: str

    @property
    def workbench(self) -> str:
        return f"{self.address}/services/workbench"

    @contextmanager
    def browser(self, name: str) -> Iterator[httpx2.Client]:
        """Somebody's browser, signed in to the Hub."""
        accept = {"Accept": "text/html,*/*"}
        with httpx2.Client(follow_redirects=True, timeout=60, headers=accept) as client:
            self._sign_in(client, name)
            yield client

    def _sign_in(self, client: httpx2.Client, name: str) -> None:
        client.get(f"{self.address}/hub/login")
        form = {
            "username": name,
            "password": PASSWORD,
            "_xsrf": client.cookies.get("_xsrf", path="/hub/"),
        }
        said = client.post(f"{self.address}/hub/login?next=%2Fhub%2Fhome", data=form)
        assert said.status_code == 200, said.text

    def asked(self, method: str, path: str, **how: object) -> httpx2.Response:
        """An answer of the Hub's own API, or of somebody's server through it."""
        headers = {"Authorization": f"token {self.token}"}
        return httpx2.request(method, self.address + path, headers=headers, timeout=60, **how)  # type: ignore[arg-type]


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(listener.getsockname()[1]) for listener in held]
    for listener in held:
        listener.close()
    return ports


@pytest.fixture(scope="session")
def hub(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    pytest.importorskip("jupyterhub")
    node = shutil.which("node")
    if node is None or not PROXY.exists():
        pytest.skip("configurable-http-proxy is not installed (scripts/npm-test-tools)")
    folder = tmp_path_factory.mktemp("hub")
    port, hub_port, proxy_port, service_port = free_ports(4)
    token, dsn = secrets.token_hex(16), fresh_database(postgres_server)
    (folder / "home").mkdir()
    written = folder / "jupyterhub_config.py"
    written.write_text(
        TESTED.format(
            config=str(CONFIG), port=port, hub_port=hub_port, proxy_port=proxy_port, folder=folder,
            token=token, password=PASSWORD, starts=STARTS_SECONDS,
            proxy=[node, str(PROXY / "bin" / "configurable-http-proxy")],
        )
    )  # fmt: skip
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DATABASE_URL": dsn,
        "WORKBENCH_PORT": str(service_port),
        "WORKBENCH_SNAPSHOT": "demo",
        "WORKBENCH_DATA_DIR": str(folder / "data"),
        "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
    }
    command = [sys.executable, "-m", "jupyterhub", "-f", str(written)]
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
        try:
            found = Hub(f"http://127.0.0.1:{port}", token, dsn)
            _wait(found, folder / "log", process)
            yield found
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:  # a machine with much else to do
                process.kill()
                process.wait()
            finally:
                _end_all(process.pid)


def _wait(hub: Hub, log: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            if httpx2.get(f"{hub.workbench}/readyz").status_code == 200:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.25)
    raise AssertionError(log.read_text())


def _end_all(group: int) -> None:
    """What the Hub left of the processes it started."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
