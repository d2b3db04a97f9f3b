"""What a mount error comes down to."""

from __future__ import annotations

import pytest

from workbench.analyzers.storage.mounts import cause


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("hostPath type check failed: /data is not a directory", "host path"),
        ("mount.nfs: access denied by server while mounting files:/export", "does not let"),
        ("mount.nfs: Connection timed out", "NFS server does not answer"),
        ("wrong fs type, bad option, bad superblock on /dev/sdb", "mounts this kind"),
        ("mount: unknown filesystem type 'xfs'", "mounts this kind"),
        ("mount(2) system call failed: Structure needs cleaning.", "damaged"),
        ('Multi-Attach error for volume "pv-1"', "another node"),
        ("rpc error: code = DeadlineExceeded desc = context deadline exceeded", "in time"),
        ("something nobody has seen before", ""),
    ],
)
def test_each_wording_has_its_cause(message: str, word: str) -> None:
    assert word in cause(message)
    assert bool(word) == bool(cause(message))
