"""The documentation builds as a site, all of it, and asks no other server for anything."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ASSET = re.compile(
    r"""<(?:script|img|iframe)[^>]+src=["']?(?:https?:)?//|"""
    r"""<link[^>]+rel=["']?(?:stylesheet|preconnect|icon)[^>]+href=["']?(?:https?:)?//|"""
    r"""url\(["']?(?:https?:)?//"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    zensical = shutil.which("zensical", path=str(Path(sys.executable).parent))
    if zensical is None:
        pytest.skip("zensical is not installed: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    command = [zensical, "build", "--strict"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out" / "site"


def test_every_page_has_its_place_in_the_navigation() -> None:
    def pages(entry: object) -> list[str]:
        if isinstance(entry, dict | list):
            inner = entry.values() if isinstance(entry, dict) else entry
            return [page for one in inner for page in pages(one)]
        return [str(entry)]

    told = pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"])
    written = [str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").rglob("*.md")]
    assert sorted(told) == sorted(written)


def test_no_page_asks_another_server_for_anything(site: Path) -> None:
    pages = [p for p in site.rglob("*") if p.suffix in (".html", ".css")]
    assert len(pages) > 20
    assert [p.name for p in pages if ASSET.search(p.read_text())] == []
