from __future__ import annotations

import hashlib
import json

from tests.support.kernels import ROOT

FOLDER = ROOT / "extensions" / "jupyterlab"


def test_what_is_shipped_was_built_from_these_sources() -> None:
    parts = [FOLDER / "package.json", FOLDER / "tsconfig.json"]
    parts += [*sorted((FOLDER / "src").glob("*.ts")), *sorted((FOLDER / "style").glob("*.css"))]
    parts.append(ROOT / "workbench" / "core" / "render" / "card.css")
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    told = (FOLDER / "labextension" / "sources.sha256").read_text().strip()
    assert told == digest, "run: make labextension"


def test_what_is_shipped_is_whole_and_small() -> None:
    built = FOLDER / "labextension"
    load = json.loads((built / "package.json").read_text())["jupyterlab"]["_build"]["load"]
    assert (built / load).exists()
    assert sum(path.stat().st_size for path in built.rglob("*") if path.is_file()) < 100_000


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    assert not [p for p in lock["packages"].values() if "resolved" in p]
