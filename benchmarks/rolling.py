"""Replicas replaced while people chat: which messages are lost, which come twice.

Two servers on one database stand behind a small proxy that goes round and keeps a visitor with a
server by a cookie, as an ingress does. In each rollout both are replaced, one after the other:
SIGTERM without a warning to the proxy, the next process, until its ``/readyz`` says yes. Meanwhile
each chat asks one question after another over ``POST /api/chat/stream``, again under the same id
where no answer came (a stream that breaks is followed on with Last-Event-ID, an investigation that
was stopped is resumed), and runbooks run over the API. In the end all conversations and runs are
read back and held against what was asked: lost is what was acknowledged and is not there. Prints a
table.

ROLLOUTS, CHATS and RUNS say how many of each, PAUSE how many seconds people read an answer at most
before they ask the next question; no rollout begins after MOST_SECONDS. Exits with 1 where anything
was lost or doubled.
"""

from __future__ import annotations

import asyncio
import collections
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import jwt
import msgspec

from workbench.mcp.events import read_events
from workbench.store.embedded import embedded_postgres

USUAL = {"ROLLOUTS": 5, "CHATS": 10, "RUNS": 2, "PAUSE": 60, "MOST_SECONDS": 780}
ROLLOUTS, CHATS, RUNS, PAUSE, MOST_SECONDS = (
    int(os.environ.get(name, usual)) for name, usual in USUAL.items()
)
REPLICAS = 2
SECRET = "a secret of this benchmark only, long enough"
PAUSE_SECONDS = (PAUSE / 3, float(PAUSE))
"""Between an answer and the next question, a run and the next: people read what they are told."""
AGAIN_SECONDS = 0.3
GIVEN_UP_SECONDS = 300
"""Whoever has had no answer to a question for so long asks another one."""
TO_END_SECONDS = 60
"""What was asked before the last rollout may take so long."""

Counts = collections.Counter[str]


class Away(Exception):
    """Nothing of use came: a refused or broken connection, or HTTP 409, 429 or from 500 on."""


class Refused(Exception):
    """What was asked makes no sense to the server."""


class Proxy:
    """Relays connections, one request each, to the replica that the cookie names, or to the next
    that takes it."""

    def __init__(self) -> None:
        self.ports: dict[int, int] = {}
        self._turn = 0
        self._open: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)  # or it is collected with its connection
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            head = await reader.readuntil(b"\r\n\r\n")
            named = re.search(rb"replica=(\d+)", head)
            self._turn += 1
            first = int(named[1]) if named else self._turn
            for replica in (first % REPLICAS, (first + 1) % REPLICAS):
                with suppress(OSError):
                    there = await asyncio.open_connection("127.0.0.1", self.ports[replica])
                    await self._relay((reader, writer), there, head, replica)
                    break
            else:
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()

    async def _relay(
        self,
        here: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        there: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        head: bytes,
        replica: int,
    ) -> None:
        sending = asyncio.create_task(_pump(here[0], there[1]))
        try:
            there[1].write(head)
            with suppress(OSError, EOFError):  # a break is passed on as it is
                answer = await there[0].readuntil(b"\r\n\r\n")
                cookie = b"\r\nset-cookie: replica=%d; Path=/\r\n\r\n" % replica
                here[1].write(answer.removesuffix(b"\r\n\r\n") + cookie)
                await _pump(there[0], here[1])
        finally:
            sending.cancel()
            there[1].close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


async def replica(dsn: str, folder: Path, number: int, proxy: Proxy) -> asyncio.subprocess.Process:
    """A server, once it says that it is ready."""
    environment = {
        **os.environ,
        "DATABASE_URL": dsn,
        "WORKBENCH_DATA_DIR": str(folder / f"data-{number}"),
        "WORKBENCH_SNAPSHOT": "demo",
        "WORKBENCH_JWT_SECRET": SECRET,
        "WORKBENCH_JWT_ISSUER": "benchmark",
        "WORKBENCH_JWT_AUDIENCE": "workbench",
    }
    with (folder / f"log-{number}").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workbench", "up", "--port", "0",
            env=environment, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=log,
        )  # fmt: skip
    assert process.stdout is not None
    async for line in process.stdout:
        if line.startswith(b"open"):
            port = int(line.split()[1].decode().split("/")[2].rpartition(":")[2])
            break
    else:
        raise RuntimeError((folder / f"log-{number}").read_text())
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        while True:
            with suppress(httpx2.HTTPError):
                if (await client.get("/readyz")).status_code == 200:
                    break
            await asyncio.sleep(0.1)
    proxy.ports[number] = port
    return process


class Question(msgspec.Struct):
    """Something asked, under an id of the one who asked, and how far it came."""

    id: str
    text: str
    label: str = ""  # of its investigation: the server acknowledged it
    answered: bool = False
    sent: int = 0


class Chat:
    """One person with one question after another, or one runbook after another."""

    def __init__(self, address: str, number: int, counts: Counts) -> None:
        claims = {"sub": f"person-{number}", "iss": "benchmark", "aud": "workbench"}
        token = jwt.encode({**claims, "exp": time.time() + 7200}, SECRET, algorithm="HS256")
        self._http = httpx2.AsyncClient(
            base_url=address,
            headers={"Authorization": f"Bearer {token}", "Connection": "close"},
            limits=httpx2.Limits(max_keepalive_connections=0),
            timeout=httpx2.Timeout(10, read=45),
        )
        self._number = number
        self._counts = counts
        self._conversation: str | None = None
        self.asked: list[Question] = []
        self.runs: list[str] = []
        """Ids of runs that were acknowledged."""
        self.tangled = 0
        """Streams in which a step was missing or came twice."""

    async def go_on(self, over: asyncio.Event) -> None:
        await _unless(over, random.uniform(0, PAUSE_SECONDS[1]))
        while not over.is_set():
            words = f"{self._number}.{len(self.asked)}: why is checkout failing?"
            question = Question(id=str(uuid4()), text=words)
            self.asked.append(question)
            began = time.monotonic()
            with suppress(TimeoutError):
                async with asyncio.timeout(GIVEN_UP_SECONDS) as patience:
                    ending = asyncio.create_task(_ending(over, patience))
                    try:
                        await self._answered(question)
                    finally:
                        ending.cancel()
            self._counts["slowest"] = max(
                self._counts["slowest"], int(1000 * (time.monotonic() - began))
            )
            await _unless(over, random.uniform(*PAUSE_SECONDS))

    async def _answered(self, question: Question) -> None:
        after, ended = -1, ""
        while not question.answered:
            try:
                if ended == "error":
                    await self._resume(question.label)
                after, ended = await self._followed(question, after)
                question.answered = ended == "done"
            except Away as error:
                self._counts[f"tried again after {str(error) or 'a broken connection'}"] += 1
                await asyncio.sleep(AGAIN_SECONDS)
        if self._conversation is None:
            page = await self._surely("/api/conversations")
            self._conversation = page["items"][0]["id"]

    async def _resume(self, label: str) -> None:
        """It may have been, where the answer to that was lost, and be complete by now."""
        try:
            await self.json("POST", f"/api/investigations/{label}/resume", {})
            self._counts["resumed"] += 1
        except Refused as error:
            if "is complete" not in str(error):
                raise

    async def _followed(self, question: Question, after: int) -> tuple[int, str]:
        """Its last known step, and the event it ended with so far."""
        method, path = "GET", f"/api/investigations/{question.label}/stream"
        content, headers = b"", {"Last-Event-ID": str(after)} if after >= 0 else {}
        if not question.label:
            question.sent += 1
            method, path = "POST", "/api/chat/stream"
            body = {"message": question.text, "id": question.id, "conversation": self._conversation}
            content = msgspec.json.encode(body)
        ended = ""
        try:
            headers |= {"Content-Type": "application/json"} if content else {}
            async with self._http.stream(method, path, content=content, headers=headers) as answer:
                _check(answer, await answer.aread() if answer.status_code >= 300 else b"")
                question.label = answer.headers["x-investigation"]
                async for event in read_events(answer.aiter_bytes(), 2**25):
                    if event.name not in ("step", "done", "error"):
                        continue
                    seq = msgspec.json.decode(event.data)["seq"]  # type: ignore[arg-type]
                    self.tangled += seq != after + 1
                    after, ended = seq, event.name if event.name != "step" else ""
        except httpx2.HTTPError:
            self._counts["tried again after a broken connection"] += 1
            await asyncio.sleep(AGAIN_SECONDS)
        return after, ended

    async def run(self, over: asyncio.Event) -> None:
        """Runbooks one after another."""
        await _unless(over, random.uniform(0, PAUSE_SECONDS[0]))
        while not over.is_set():
            with suppress(Away):
                made = await self.json("POST", "/api/runbooks/namespace-health/runs", {})
                self.runs.append(made["id"])
                began = time.monotonic()
                while made["status"] in ("queued", "running"):
                    if time.monotonic() - began > GIVEN_UP_SECONDS:
                        break
                    await asyncio.sleep(0.5)
                    made = await self._surely(f"/api/runs/{made['id']}")
                self._counts[f"runs {made['status']}"] += 1
                self._counts["runs begun again by another server"] += made["tries"] - 1
            await _unless(over, random.uniform(*PAUSE_SECONDS))

    async def said(self) -> Counts:
        """How often each question, and an answer to it, is in this person's conversations, and
        which runs there are."""
        found: Counts = Counts()
        for one in (await self._surely("/api/conversations"))["items"]:
            told = (await self._surely(f"/api/conversations/{one['id']}"))["messages"]
            question = ""
            for message in told:
                if message["role"] == "user":
                    question = message["content"]
                    found[question] += 1
                elif message["role"] == "assistant":
                    found[f"answer to {question}"] += 1
        found.update(one["id"] for one in (await self._surely("/api/runs?limit=100"))["items"])
        return found

    async def json(self, method: str, path: str, body: Any = None) -> Any:
        content = msgspec.json.encode(body) if body is not None else b""
        headers = {"Content-Type": "application/json"} if content else {}
        try:
            answer = await self._http.request(method, path, content=content, headers=headers)
        except httpx2.HTTPError as error:
            raise Away from error
        _check(answer, answer.content)
        return answer.json()

    async def _surely(self, path: str) -> Any:
        while True:
            try:
                return await self.json("GET", path)
            except Away:
                await asyncio.sleep(AGAIN_SECONDS)

    async def close(self) -> None:
        await self._http.aclose()


async def _ending(over: asyncio.Event, patience: asyncio.Timeout) -> None:
    """Nobody waits for ever for the last answers."""
    await over.wait()
    patience.reschedule(asyncio.get_running_loop().time() + TO_END_SECONDS)


async def _unless(over: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until it is over."""
    with suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), seconds)


def _check(answer: httpx2.Response, body: bytes) -> None:
    if answer.status_code in (409, 429) or answer.status_code >= 500:
        raise Away(str(answer.status_code))
    if answer.status_code >= 300:
        raise Refused(f"HTTP {answer.status_code}: {body[:300]!r}")


async def rolled(
    dsn: str, folder: Path, proxy: Proxy, processes: dict[int, asyncio.subprocess.Process]
) -> dict[str, float]:
    """Replace each, again and again: how often, and the longest that one took to stop, was away."""
    stopping, away = [], []
    started = time.monotonic()
    for rollout in range(ROLLOUTS):
        if time.monotonic() - started > MOST_SECONDS:
            break
        for number in range(REPLICAS):
            await asyncio.sleep(random.uniform(0.5, 2))
            began = time.monotonic()
            processes[number].send_signal(signal.SIGTERM)
            await processes[number].wait()
            stopping.append(time.monotonic() - began)
            processes[number] = await replica(dsn, folder, number, proxy)
            away.append(time.monotonic() - began)
        spent = time.monotonic() - started
        print(f"{rollout + 1} of {ROLLOUTS} rollouts, {spent:.0f} s", file=sys.stderr, flush=True)
    return {"to stop": max(stopping), "to be back": max(away), "rollouts": len(away) // REPLICAS}


async def measured(dsn: str, folder: Path) -> None:
    proxy, counts, over = Proxy(), Counts(), asyncio.Event()
    processes = {n: await replica(dsn, folder, n, proxy) for n in range(REPLICAS)}
    try:
        async with proxy.listening() as address:
            people = [Chat(address, n, counts) for n in range(CHATS + RUNS)]
            async with asyncio.TaskGroup() as group:
                for person in people[:CHATS]:
                    group.create_task(person.go_on(over))
                for person in people[CHATS:]:
                    group.create_task(person.run(over))
                away = await rolled(dsn, folder, proxy, processes)
                over.set()
            said = {person: await person.said() for person in people}
            for person in people:
                await person.close()
    finally:
        for process in processes.values():
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await process.wait()
        for log in sorted(folder.glob("log-*")):
            print(f"{log.name}:\n{log.read_text()}", file=sys.stderr)
    table(counts, away, said)


def table(counts: Counts, away: dict[str, float], said: dict[Chat, Counts]) -> None:
    """Prints it. Raises SystemExit where anything was lost or doubled."""
    asked = [(found, q) for person, found in said.items() for q in person.asked]
    taken = [(found, q) for found, q in asked if q.label]
    answered = [(found, q) for found, q in asked if q.answered]
    runs = [(found, id) for person, found in said.items() for id in person.runs]
    wrong = {
        "lost: questions acknowledged that are in no conversation": sum(
            not f[q.text] for f, q in taken
        ),
        "lost: answers shown that are in no conversation": sum(
            not f[f"answer to {q.text}"] for f, q in answered
        ),
        "lost: runs acknowledged that are not there": sum(not f[id] for f, id in runs),
        "doubled: questions": sum(f[q.text] > 1 for f, q in asked),
        "doubled: answers": sum(f[f"answer to {q.text}"] > 1 for f, q in asked),
        "streams with a step missing or twice": sum(p.tangled for p in said),
    }
    rows = {
        "rollouts, each of both replicas": int(away.pop("rollouts")),
        "chats, and people who begin runbooks": f"{CHATS}, {RUNS}",
        "questions asked by chats": len(asked),
        "never acknowledged until who asked gave up": len(asked) - len(taken),
        "sent again, under the same id, because no answer came": sum(q.sent > 1 for _, q in asked),
        "acknowledged, without an answer in the end": len(taken) - len(answered),
        **wrong,
        "investigations stopped and resumed": counts["resumed"],
        "longest from a question to its answer, s": round(counts["slowest"] / 1000, 1),
        **{f"longest that a replica took {what}, s": round(s, 1) for what, s in away.items()},
        "runs of runbooks begun": len(runs),
        **{k: n for k, n in sorted(counts.items()) if k.startswith(("runs ", "tried "))},
    }
    print("| | |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |", flush=True)
    if any(wrong.values()):
        raise SystemExit(1)


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="workbench-") as name:
        folder = Path(name)
        async with embedded_postgres(folder / "postgres") as dsn:
            await measured(dsn, folder)


if __name__ == "__main__":
    asyncio.run(main())
