"""A process that has imported what kernels need and forks one for each line it is sent.

Started as a script, not imported: ``python -P nursery.py MODULE…``. A line on standard input is
``{"cwd", "env", "arguments"}`` in JSON; the answer is the process id of a fresh kernel, in a
process group of its own. Nothing but imports is shared between kernels: each is a fork of a process
in which no cell ever ran. When standard input ends, all of them are killed and the process leaves.

It must have one thread when it forks, so libraries are told to start none at import.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import signal
import sys

for name in (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "PYDEVD_DISABLE_FILE_VALIDATION",
):
    os.environ[name] = "1"


def main(modules: list[str]) -> None:
    """Fork kernels until standard input ends."""
    atexit.register(leave)  # what is registered first comes last
    warm(modules)
    gc.collect()
    gc.freeze()  # what was imported is nothing that a kernel's collections have to go through
    requests, answers = sys.stdin, os.dup(1)
    os.dup2(2, 1)  # what a kernel prints to file descriptor 1 is no answer
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended kernels leave no zombies
    kernels: set[int] = set()
    nursery = os.getpid()
    os.write(answers, b"ready\n")
    for line in requests:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.close(answers)
            be_kernel(request["cwd"], request["env"], request["arguments"], nursery)
            return
        kernels.add(pid)
        os.write(answers, f"{pid}\n".encode())
        kernels = {pid for pid in kernels if alive(pid)}
    for pid in kernels:
        for kill in (os.killpg, os.kill):  # one that was just forked leads no group yet
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)


KERNEL = (
    *("ipykernel.kernelapp", "ipykernel.debugger", "IPython.core.completerlib", "pydoc", "sqlite3"),
    *("IPython.extensions.storemagic", "tornado.platform.asyncio", "tornado.queues"),
)
"""What every kernel imports when it starts."""


def warm(modules: list[str]) -> None:
    """Import what there is of the modules; a kernel says itself what it misses."""
    for module in [*KERNEL, *modules]:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def leave() -> None:
    """End this process without taking apart what was imported, which lasts longer than many a run.

    What cells opened is closed, as it is when Python ends: IPython has dropped their variables by
    now, and what still lies in a buffer is written.
    """
    gc.collect()
    for left in [*gc.get_objects(), sys.__stdout__, sys.__stderr__]:  # without what is frozen
        if type(left) in (io.TextIOWrapper, io.BufferedWriter):
            with contextlib.suppress(ValueError, OSError):  # closed, or a full disk
                left.flush()
    os._exit(0)


def be_kernel(cwd: str, env: dict[str, str], arguments: list[str], nursery: int) -> None:
    """Become a kernel that ends with its nursery, in the process that was just forked."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    numpy = sys.modules.get("numpy")
    if numpy:
        numpy.random.seed()  # every fork would draw the same numbers
    from ipykernel.kernelapp import IPKernelApp

    own = f"--IPKernelApp.parent_handle={nursery}"  # the environment was read at import
    sys.argv = ["ipykernel_launcher", *arguments]
    IPKernelApp.launch_instance([*arguments, own])


if __name__ == "__main__":
    main(sys.argv[1:])
