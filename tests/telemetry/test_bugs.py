"""Reports of bugs, as Sentry would get them."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import brotli
import pytest

from tests.telemetry.test_traces import collecting
from workbench.errors import SettingsError
from workbench.telemetry import bugs

ROOT = Path(__file__).parents[2]
BROKEN = """
import sentry_sdk
from workbench.telemetry import bugs
bugs.start({dsn!r})
def look(kubeconfig):
    raise ValueError("password=hunter2-and-more")
try:
    look("apiVersion: v1 of somebody")
except ValueError as error:
    sentry_sdk.capture_exception(error)
sentry_sdk.flush()
"""


def test_a_bug_is_reported_without_what_it_was_about() -> None:
    with collecting() as collector:
        host = collector.address.removeprefix("http://")
        code = BROKEN.format(dsn=f"http://key@{host}/1")
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    body = b"".join(map(unpacked, collector.bodies))
    assert b"ValueError" in body
    assert b'"function":"look"' in body
    for word in (b"hunter2", b"of somebody"):
        assert word not in body


def unpacked(body: bytes) -> bytes:
    """Sentry's client compresses with what is installed."""
    if body.startswith(b"{"):
        return body
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else brotli.decompress(body)


def test_a_wrong_dsn_is_one_clear_error() -> None:
    with pytest.raises(SettingsError, match="sentry_dsn"):
        bugs.start("nonsense")
