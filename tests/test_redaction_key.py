from __future__ import annotations

import stat
from pathlib import Path

from workbench.bootstrap import redaction_key


def test_the_key_of_tags_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    key = redaction_key(tmp_path / "data")
    assert len(key) == 32
    assert redaction_key(tmp_path / "data") == key
    assert redaction_key(tmp_path / "other") != key
    mode = (tmp_path / "data" / "redaction.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
