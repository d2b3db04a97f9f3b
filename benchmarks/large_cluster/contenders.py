"""What is measured: ways to read a large cluster, each run in a process of its own.

``python contenders.py NAME PORT FOLDER`` prints one JSON line: seconds, CPU seconds, peak MiB and
what was found. Imports are done before the clock starts.
"""

from __future__ import annotations

import asyncio
import json
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml


class Clock:
    """Wall and CPU seconds since it was started."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        return {
            "seconds": time.perf_counter() - self._wall,
            "cpu": time.process_time() - self._cpu,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def kubeconfig(port: int, folder: Path) -> str:
    """A kubeconfig for the server at ``port``; its file name."""
    path = folder / f"config-{port}"
    tree = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bench",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "bench", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(yaml.safe_dump(tree))
    return str(path)


def floor(port: int, folder: Path) -> dict[str, Any]:
    """A raw socket and msgspec into the typed structs, page after page, nothing else."""
    from workbench.core.objects import KINDS
    from workbench.core.objects.decode import decode_list

    build_decoders()
    clock = Clock()
    read = RawSocket(port)
    objects: dict[str, list[Any]] = {}
    for kind in KINDS:
        root = "/apis" if "/" in kind.API_VERSION else "/api"
        path, further = f"{root}/{kind.API_VERSION}/{kind.PLURAL}?limit=500", ""
        while True:
            found, meta, _ = decode_list(read.get(path + further), kind)
            objects.setdefault(kind.KIND, []).extend(found)
            if not meta.continue_:
                break
            further = f"&continue={meta.continue_}"
    return {**clock.read(), "found": f"{sum(map(len, objects.values()))} objects"}


def build_decoders() -> None:
    """Build msgspec's decoders, which happens once a process, like imports."""
    from workbench.core.objects import KINDS
    from workbench.core.objects.decode import decode_list
    from workbench.core.objects.sharing import Sharing

    for kind in KINDS:
        decode_list(b"{}", kind)
        decode_list(b"{}", kind, Sharing())


class RawSocket:
    """One keep-alive connection that reads answers with a Content-Length or in chunks."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb", buffering=256 * 1024)

    def get(self, path: str) -> bytes:
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return self._file.read(length) if length else self._chunks()

    def _chunks(self) -> bytes:
        pieces = []
        while size := int(self._file.readline(), 16):
            pieces.append(self._file.read(size))
            self._file.readline()
        self._file.readline()
        return b"".join(pieces)


def cold(port: int, folder: Path) -> dict[str, Any]:
    """The workbench: everything of every kind, judged."""
    from workbench.analyzers import analyze
    from workbench.core.cluster import Scope
    from workbench.kubernetes.client import open_client
    from workbench.kubernetes.collect import collect

    async def run() -> dict[str, Any]:
        client = await open_client(kubeconfig(port, folder))
        build_decoders()
        clock = Clock()
        snapshot = await collect(client, Scope())
        collected = clock.read()
        diagnosis = analyze(snapshot, snapshot.taken_at)
        measured = clock.read()
        await client.close()
        objects = sum(map(len, snapshot.objects.values()))
        told = f"{objects} objects, {len(diagnosis.findings)} findings"
        return {**measured, "collected": collected["seconds"], "found": told}

    return asyncio.run(run())


def warm(port: int, folder: Path) -> dict[str, Any]:
    """The workbench once more, when watches keep what it read in memory."""
    from workbench.analyzers import analyze
    from workbench.core.cluster import Scope
    from workbench.kubernetes.client import open_client
    from workbench.kubernetes.collect import collect
    from workbench.kubernetes.discovery import discover
    from workbench.kubernetes.source import Watched

    async def run() -> dict[str, Any]:
        client = await open_client(kubeconfig(port, folder))
        source, catalogue = Watched(client), await discover(client)
        for _ in range(2):
            await collect(client, Scope(), catalogue=catalogue, source=source)
        await asyncio.sleep(0.5)  # the watches begin
        clock = Clock()
        snapshot = await collect(client, Scope(), catalogue=catalogue, source=source)
        collected = clock.read()
        diagnosis = analyze(snapshot, snapshot.taken_at)
        measured = clock.read()
        await source.close()
        await client.close()
        objects = sum(map(len, snapshot.objects.values()))
        told = f"{objects} objects, {len(diagnosis.findings)} findings"
        return {**measured, "collected": collected["seconds"], "found": told}

    return asyncio.run(run())


def kr8s_raw(port: int, folder: Path) -> dict[str, Any]:
    """kr8s listing pods as plain dictionaries."""
    import kr8s.asyncio

    async def run() -> dict[str, Any]:
        clock = Clock()
        api = await kr8s.asyncio.api(kubeconfig=kubeconfig(port, folder))
        pods = [pod async for pod in api.get("pods", namespace=kr8s.ALL, raw=True)]
        return {**clock.read(), "found": f"{len(pods)} pods"}

    return asyncio.run(run())


def official(port: int, folder: Path) -> dict[str, Any]:
    """The official client listing pods without its models: bytes, then json.loads."""
    from kubernetes import client, config

    config.load_kube_config(kubeconfig(port, folder))
    api = client.CoreV1Api()
    clock = Clock()
    pods: list[Any] = []
    further = ""
    while True:
        asked = {"_continue": further} if further else {}
        answer = api.list_pod_for_all_namespaces(limit=500, _preload_content=False, **asked)
        page = json.loads(answer.data)
        pods += page["items"]
        further = page["metadata"].get("continue", "")
        if not further:
            return {**clock.read(), "found": f"{len(pods)} pods"}


def mcp_binary() -> str:
    """Where kubernetes-mcp-server is installed; "" when it is not."""
    local = Path(__file__).parents[2] / "tests" / "npm" / "node_modules" / ".bin"
    return shutil.which("kubernetes-mcp-server", path=str(local)) or (
        shutil.which("kubernetes-mcp-server") or ""
    )


def mcp_server(port: int, folder: Path) -> dict[str, Any]:
    """kubernetes-mcp-server answering pods_list; the peak is that of its process."""
    found = mcp_binary()
    if not found:
        return {"skipped": "kubernetes-mcp-server is not installed"}
    server = subprocess.Popen(
        [found, "--kubeconfig", kubeconfig(port, folder), "--read-only", "--list-output", "table"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert server.stdin is not None
    assert server.stdout is not None

    def say(**message: Any) -> None:
        server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")  # type: ignore[union-attr]
        server.stdin.flush()  # type: ignore[union-attr]

    def hear(number: int) -> dict[str, Any]:
        for line in server.stdout:  # type: ignore[union-attr]
            answer = json.loads(line)
            if answer.get("id") == number and "method" not in answer:
                return dict(answer)
        raise SystemExit("kubernetes-mcp-server went away")

    client = {"name": "bench", "version": "1"}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    say(id=1, method="initialize", params=hello)
    hear(1)
    say(method="notifications/initialized")
    clock = Clock()
    say(id=2, method="tools/call", params={"name": "pods_list", "arguments": {}})
    answer = hear(2)
    seconds = clock.read()["seconds"]
    peak = max(_peak(one) for one in (server.pid, *_children(server.pid)))
    server.stdin.close()
    server.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = answer["result"]["content"][0]["text"]
    return {
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": peak,
        "found": f"{len(text.splitlines()) - 1} pods",  # under a header
    }


def _children(pid: int) -> list[int]:
    return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _peak(pid: int) -> float:
    """Largest resident memory so far, MiB (proc(5), VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


CONTENDERS: dict[str, Callable[[int, Path], dict[str, Any]]] = {
    "floor": floor,
    "cold": cold,
    "warm": warm,
    "kr8s": kr8s_raw,
    "official": official,
    "mcp": mcp_server,
}


def main() -> None:
    name, port, folder = sys.argv[1:]
    print(json.dumps(CONTENDERS[name](int(port), Path(folder))))


if __name__ == "__main__":
    main()
