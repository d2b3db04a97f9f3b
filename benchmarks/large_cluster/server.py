"""An API server for benchmarks: prepared bytes over plain sockets, a thread a connection.

``python server.py PODS [--chunked]`` prints its port and serves until its standard input ends.

It lists with limit and continue, watches (nothing happens but bookmarks), discovers, and says yes
to access reviews.
"""

from __future__ import annotations

import argparse
import socketserver
import sys
import threading
import time
from functools import cache
from urllib.parse import parse_qs, urlsplit

import msgspec

from large_cluster.objects import cluster, serialised
from workbench.core.objects import KINDS

CHUNK = 8192
"""Bytes of one HTTP chunk: an API server streams lists object by object (Kubernetes 1.33)."""

OBJECTS: dict[str, list[bytes]] = {}
PATHS = {
    f"{'/apis' if '/' in kind.API_VERSION else '/api'}/{kind.API_VERSION}/{kind.PLURAL}": kind
    for kind in KINDS
}
VERSION = b'{"major":"1","minor":"34","gitVersion":"v1.34.1"}'
ALLOWED = (
    b'{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1",'
    b'"status":{"allowed":true}}'
)
AUTHORIZATION = "authorization.k8s.io/v1"
REVIEWS = {
    "name": "selfsubjectaccessreviews",
    "singularName": "selfsubjectaccessreview",
    "namespaced": False,
    "kind": "SelfSubjectAccessReview",
    "verbs": ["create"],
}
MISSING = {"kind": "Status", "status": "Failure", "code": 404}


@cache
def listed(path: str, limit: int, start: int) -> bytes:
    """One page of a list."""
    kind = PATHS[path]
    objects = OBJECTS.get(kind.PLURAL, [])
    end = min(len(objects), start + limit) if limit else len(objects)
    meta: dict[str, str | int] = {"resourceVersion": "1000000"}
    if end < len(objects):
        meta |= {"continue": str(end), "remainingItemCount": len(objects) - end}
    head = msgspec.json.encode(
        {"kind": f"{kind.KIND}List", "apiVersion": kind.API_VERSION, "metadata": meta}
    )
    return head[:-1] + b',"items":[' + b",".join(objects[start:end]) + b"]}"


TABLE = "as=Table"
COLUMNS = ("Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates")  # fmt: skip


@cache
def tabled(path: str, limit: int, start: int) -> bytes:
    """The same page as the Table that kubectl asks for, each row with its object's metadata."""
    page = msgspec.json.decode(listed(path, limit, start))
    rows = []
    for one in page["items"]:
        status, states = one.get("status", {}), one.get("status", {}).get("containerStatuses", [])
        ready = f"{sum(s['ready'] for s in states)}/{len(states)}"
        cells = [one["metadata"]["name"], ready, status.get("phase", ""), "0", "2d"]
        cells += [
            status.get("podIP", ""),
            one.get("spec", {}).get("nodeName", ""),
            "<none>",
            "<none>",
        ]
        head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        rows.append({"cells": cells, "object": {**head, "metadata": one["metadata"]}})
    return msgspec.json.encode(
        {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": page["metadata"],
            "columnDefinitions": [
                {"name": name, "type": "string", "format": "name" if name == "Name" else ""}
                | {"description": "", "priority": 0 if at < 5 else 1}
                for at, name in enumerate(COLUMNS)
            ],
            "rows": rows,
        }
    )


@cache
def discovered(path: str) -> bytes:
    """Discovery documents, one group version at a time, as every client understands them."""
    groups = sorted({k.API_VERSION for k in KINDS if "/" in k.API_VERSION} | {AUTHORIZATION})
    if path == "/api":
        return msgspec.json.encode({"kind": "APIVersions", "versions": ["v1"]})
    if path == "/apis":
        listing = [
            {
                "name": one.partition("/")[0],
                "versions": [{"groupVersion": one, "version": one.partition("/")[2]}],
                "preferredVersion": {"groupVersion": one, "version": one.partition("/")[2]},
            }
            for one in groups
        ]
        return msgspec.json.encode({"kind": "APIGroupList", "apiVersion": "v1", "groups": listing})
    version = path.partition("/")[2].partition("/")[2]
    resources = [
        {
            "name": kind.PLURAL,
            "singularName": kind.KIND.lower(),
            "namespaced": kind.NAMESPACED,
            "kind": kind.KIND,
            "verbs": ["get", "list", "watch"],
        }
        for kind in KINDS
        if version == kind.API_VERSION
    ]
    return msgspec.json.encode(
        {"kind": "APIResourceList", "groupVersion": version, "resources": resources}
    )


class Connection(socketserver.StreamRequestHandler):
    """One keep-alive connection."""

    chunked = False
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while self._one():
            pass

    def _one(self) -> bool:
        line = self.rfile.readline().decode()
        if not line:
            return False
        method, target, _ = line.split()
        length, self.accept = 0, ""
        while (header := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"accept":
                self.accept = value.decode()
        self.rfile.read(length)
        url = urlsplit(target.replace("/?", "?").removesuffix("/"))
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        try:
            if query.get("watch") in ("1", "true"):
                self._watch(url.path)
                return False
            self._answer(method, url.path, query)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def _answer(self, method: str, path: str, query: dict[str, str]) -> None:
        if path == "/api/v1/namespaces/default/pods":
            path = "/api/v1/pods"  # kubernetes-mcp-server asks so; it is to read the same bytes
        if path in PATHS and method == "GET":
            limit, start = int(query.get("limit", 0)), int(query.get("continue", 0))
            page = tabled if TABLE in self.accept else listed
            self._send(200, page(path, limit, start))
        elif method == "POST":
            self._send(201, ALLOWED)
        elif path == "/version":
            self._send(200, VERSION)
        elif path in ("/api", "/apis", f"/apis/{AUTHORIZATION}") or any(
            p.rpartition("/")[0] == path for p in PATHS
        ):
            self._send(200, discovered(path))
        else:
            self._send(404, msgspec.json.encode({**MISSING, "message": f"no {path} here"}))

    def _send(self, status: int, body: bytes) -> None:
        head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
        if not self.chunked:
            self.connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            return
        pieces = [f"{head}Transfer-Encoding: chunked\r\n\r\n".encode()]
        for at in range(0, len(body), CHUNK):
            piece = body[at : at + CHUNK]
            pieces += [b"%x\r\n" % len(piece), piece, b"\r\n"]
        pieces.append(b"0\r\n\r\n")
        self.connection.sendall(b"".join(pieces))

    def _watch(self, path: str) -> None:
        kind = PATHS[path]
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        self.connection.sendall(f"{head}\r\n".encode())
        bookmark = {"kind": kind.KIND, "apiVersion": kind.API_VERSION}
        bookmark |= {"metadata": {"resourceVersion": "1000000"}}
        line = msgspec.json.encode({"type": "BOOKMARK", "object": bookmark}) + b"\n"
        while True:
            self.connection.sendall(b"%x\r\n%s\r\n" % (len(line), line))
            time.sleep(5)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("pods", type=int)
    parser.add_argument("--chunked", action="store_true")
    asked = parser.parse_args()
    OBJECTS.update(serialised(cluster(asked.pods)))
    Connection.chunked = asked.chunked
    with Server(("127.0.0.1", 0), Connection) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sizes = {plural: sum(map(len, objects)) for plural, objects in OBJECTS.items()}
        print(server.server_address[1], msgspec.json.encode(sizes).decode(), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
