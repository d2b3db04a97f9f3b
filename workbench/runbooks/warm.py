"""Kernels that are there at once: forks of one process that has imported what they need.

A Python kernel takes two seconds of imports to start; a fork takes none of them. Every run still
gets a kernel of its own in which no cell ever ran. Where there is no ``fork`` (Windows), and for
kernels that are not this Python's own, kernels are started the ordinary way.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from workbench.errors import RunbookError
from workbench.runbooks.kernel_client import RunbookKernelClient

IMPORTED = ("pandas", "workbench.notebook.session", "workbench.notebook.magics",
            "workbench.notebook.runbooks", "workbench.bootstrap")  # fmt: skip
"""What the cells of runbooks import anyway."""


LEAVE_SECONDS = 5.0
"""How long a kernel may take to close what its cells opened."""

_POLL_SECONDS = 0.01


class Nursery:
    """The forking process; started at the first kernel, ended by ``close`` or with this process.

    modules: what it imports; what is not there is left out.
    env: variables it is started with, for those that Python reads at its start.
    """

    def __init__(
        self, modules: Sequence[str] = IMPORTED, env: Mapping[str, str] | None = None
    ) -> None:
        self._modules = modules
        self._env = env
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def open(self) -> None:
        """Begin to import, if that has not begun; does not wait for it."""
        with self._lock:
            self._begin()

    def kernel(self, cwd: str, env: dict[str, str], arguments: Sequence[str]) -> int:
        """A new kernel's process id, which is also its process group. Raises RunbookError when
        the process is gone."""
        request = {"cwd": cwd, "env": env, "arguments": list(arguments)}
        with self._lock:
            nursery = self._begin()
            try:
                _pipe(nursery.stdin).write(json.dumps(request) + "\n")
                _pipe(nursery.stdin).flush()
                return int(self._answer(nursery))
            except (OSError, ValueError) as error:
                self._process = None
                raise RunbookError("The process that forks kernels is gone.") from error

    def close(self) -> None:
        """End it and every kernel that it forked."""
        with self._lock:
            nursery, self._process = self._process, None
        if nursery is not None:
            _pipe(nursery.stdin).close()
            nursery.wait()
            _pipe(nursery.stdout).close()

    def _begin(self) -> subprocess.Popen[str]:
        if self._process is None:
            script = Path(__file__).with_name("nursery.py")
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(script), *self._modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                env=self._env,
                start_new_session=True,
            )
        return self._process

    @staticmethod
    def _answer(nursery: subprocess.Popen[str]) -> str:
        line: str = _pipe(nursery.stdout).readline()
        return str(_pipe(nursery.stdout).readline()) if line == "ready\n" else line


class ForkedKernel(LocalProvisioner):
    """Launches a kernel as a fork of the manager's nursery.

    ``process`` stands for it with the part of Popen that a provisioner uses.
    """

    nursery: Nursery

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        cwd = str(options.get("cwd") or os.getcwd())
        arguments = cmd[cmd.index("-f") :]
        pid = await asyncio.to_thread(self.nursery.kernel, cwd, options["env"], arguments)
        forked: Any = _Forked(pid)
        self.process, self.pid, self.pgid = forked, pid, pid
        return self.connection_info


class _Forked:
    """A process that is not this one's child, as Popen shows one."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        try:
            self._process: psutil.Process | None = psutil.Process(pid)
        except psutil.NoSuchProcess:
            self._process = None

    def poll(self) -> int | None:
        """None while it runs; the exit code is the nursery's secret, so 0 stands for any."""
        try:
            if self._process is None or not self._process.is_running():
                return 0
            return 0 if self._process.status() == psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return 0

    def wait(self) -> int:
        if self._process is not None:
            self._process.wait()
        return 0

    def send_signal(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._process.send_signal(number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    terminate = kill


class RunbookKernelManager(AsyncKernelManager):
    """Starts a kernel from the nursery, where there is one and it can, and ends it in its own time.

    The ordinary manager interrupts a kernel before it asks it to leave, which can hit it on its way
    out and cost seconds; here no cell runs any more by then.
    """

    def __init__(self, nursery: Nursery | None, **options: Any) -> None:
        super().__init__(client_factory=RunbookKernelClient, **options)
        self.nursery = nursery

    async def _async_pre_start_kernel(self, **options: Any) -> Any:
        spec = self.kernel_spec
        if self.nursery and self.provisioner is None and spec is not None and forkable(spec.argv):
            forked = ForkedKernel(kernel_id="", kernel_spec=spec, parent=self)
            forked.nursery = self.nursery
            self.provisioner = forked
        return await super()._async_pre_start_kernel(**options)

    async def shutdown_kernel(  # type: ignore[override]  # as in AsyncKernelManager
        self, now: bool = False, restart: bool = False
    ) -> None:
        """Ask it to leave, and kill it when it has not after LEAVE_SECONDS."""
        self.shutting_down = True
        if not now:
            await self.request_shutdown(restart=restart)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    while await self.is_alive():  # noqa: ASYNC110 - a process tells nobody
                        await asyncio.sleep(_POLL_SECONDS)
        if await self.is_alive():
            await self._async_kill_kernel(restart=restart)
        await self._async_cleanup_resources(restart=restart)


def forkable(argv: Sequence[str]) -> bool:
    """Whether that command starts an ordinary kernel of this very Python."""
    if not hasattr(os, "fork") or list(argv[-4:-1]) != ["-m", "ipykernel_launcher", "-f"]:
        return False
    named = argv[0] if os.path.isabs(argv[0]) else shutil.which(argv[0]) or ""
    own = argv[0] in ("python", "python3", f"python3.{sys.version_info.minor}")
    return own or (bool(named) and os.path.samefile(named, sys.executable))


def _pipe(stream: Any) -> Any:
    return stream
