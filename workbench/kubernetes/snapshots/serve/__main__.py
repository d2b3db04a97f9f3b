"""``python -m workbench.kubernetes.snapshots.serve SNAPSHOT --kubeconfig PATH``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.kubernetes.snapshots.serve.server import serve_forever


def main() -> int:
    """Serve a snapshot as a Kubernetes API until told to stop. 0 at the end, 2 for an error."""
    parser = argparse.ArgumentParser(prog="python -m workbench.kubernetes.snapshots.serve")
    parser.add_argument("snapshot", type=Path, help="snapshot folder, .zip, .tar.gz or List file")
    parser.add_argument("--kubeconfig", type=Path, required=True, help="kubeconfig file to write")
    parser.add_argument("--logs", type=Path, help="folder of logs instead of the snapshot's own")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--port", type=int, default=0, help="port to listen on (default: a free one)"
    )
    where.add_argument("--fd", type=int, help="inherited listening socket to accept on")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input ends")
    parser.add_argument("--writable", action="store_true", help="take writes, in memory only")
    given = parser.parse_args()
    try:
        serve_forever(
            given.snapshot,
            given.kubeconfig,
            port=given.port,
            fd=given.fd,
            logs=given.logs,
            until_eof=given.until_eof,
            writable=given.writable,
        )
    except (WorkbenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 (this is a program)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
