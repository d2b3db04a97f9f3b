from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from uuid import uuid4

import pytest
import yaml

from tests.kubernetes.objects import shop
from tests.support.api_server import ApiServer, write_kubeconfig
from tests.support.certificates import self_signed
from workbench.errors import ClusterError, ClusterUnreachable, Unauthorized
from workbench.kubernetes.client import open_client


@pytest.fixture
def certificate(tmp_path: Path) -> bytes:
    return self_signed(tmp_path / "server.pem")


@pytest.fixture
def secure(certificate: bytes, tmp_path: Path) -> Iterator[ApiServer]:
    """The shop behind HTTPS."""
    with ApiServer(shop()).running(certificate=tmp_path / "server.pem") as server:
        yield server


def config(path: Path, server: ApiServer, cluster: Any = None, user: Any = None) -> str:
    """A kubeconfig with these fields added to its cluster, and its user replaced."""
    server.kubeconfig(path)
    tree = yaml.safe_load(path.read_text())
    tree["clusters"][0]["cluster"].update(cluster or {})
    if user is not None:
        tree["users"][0]["user"] = user
    path.write_text(yaml.safe_dump(tree))
    return str(path)


def holding(content: bytes) -> list[Path]:
    """Temporary files with exactly this content."""
    same_size = (
        f for f in Path(gettempdir()).iterdir() if f.is_file() and f.stat().st_size == len(content)
    )
    return [f for f in same_size if f.read_bytes() == content]


async def test_an_inline_authority_is_trusted_and_leaves_no_file(
    secure: ApiServer, certificate: bytes, tmp_path: Path
) -> None:
    inline = {"certificate-authority-data": b64encode(certificate).decode()}
    client = await open_client(config(tmp_path / "config", secure, inline))
    assert (await client.get("/version")).json()["gitVersion"] == "v1.36.2"
    assert not holding(certificate)
    await client.close()


async def test_an_unknown_authority_is_said_to_be_one(secure: ApiServer, tmp_path: Path) -> None:
    client = await open_client(config(tmp_path / "config", secure))
    with pytest.raises(ClusterUnreachable, match="CERTIFICATE_VERIFY_FAILED") as caught:
        await client.get("/version")
    assert "certificate-authority" in caught.value.hint
    await client.close()


async def test_verification_can_be_turned_off_in_the_kubeconfig(
    secure: ApiServer, tmp_path: Path
) -> None:
    off = {"insecure-skip-tls-verify": True}
    client = await open_client(config(tmp_path / "config", secure, off))
    assert (await client.get("/version")).json()
    await client.close()


async def test_an_authority_that_is_none_is_named_and_leaves_no_file(
    cluster: ApiServer, tmp_path: Path
) -> None:
    mark = uuid4().hex.encode()
    inline = {"certificate-authority-data": b64encode(mark).decode()}
    with pytest.raises(ClusterError, match="certificates of context test"):
        await open_client(config(tmp_path / "config", cluster, inline))
    assert not holding(mark)


async def test_an_exec_plugin_gives_the_token(cluster: ApiServer, tmp_path: Path) -> None:
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "echo",
        "args": ['{"status": {"token": "good"}}'],
    }
    client = await open_client(config(tmp_path / "config", cluster, user={"exec": plugin}))
    assert (await client.get("/version")).json()
    await client.close()


async def test_a_plugin_that_fails_is_no_credentials(cluster: ApiServer, tmp_path: Path) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}
    with pytest.raises(Unauthorized, match="no-such-plugin"):
        await open_client(config(tmp_path / "config", cluster, user={"exec": plugin}))


async def test_a_plugin_that_says_no_credentials_is_told(
    cluster: ApiServer, tmp_path: Path
) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "false"}
    with pytest.raises(ClusterError, match="context test"):
        await open_client(config(tmp_path / "config", cluster, user={"exec": plugin}))


async def test_a_token_may_lie_in_a_file(cluster: ApiServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("good\n")
    user = {"tokenFile": str(tmp_path / "token")}
    client = await open_client(config(tmp_path / "config", cluster, user=user))
    assert (await client.get("/version")).json()
    await client.close()


async def test_a_context_without_its_cluster_is_not_usable(tmp_path: Path) -> None:
    path = tmp_path / "config"
    write_kubeconfig(path, "http://127.0.0.1:1")
    path.write_text(path.read_text().replace("cluster: c\n", "cluster: gone\n"))
    with pytest.raises(ClusterError, match="Context test is not usable"):
        await open_client(str(path))
