#!/usr/bin/env python3
"""Takes out of an installation what a server never uses: `slim.py VENV`, as the image's build does.

What a pattern of LEFT_OUT finds goes; what debuggers read of compiled libraries goes, where there
is a `strip`; and bytecode stays only of modules that are imported, as files that hold for their
source whatever its date (PEP 552), so that two builds are the same.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

LEFT_OUT = {
    "**/tests": "tests of libraries",
    "**/*.map": "for debuggers of browsers",
    "**/*.d.ts": "for compilers of TypeScript",
    "**/*.[ch]": "for compilers of C, as the next ones",
    "**/*.cpp": "",
    "**/*.hpp": "",
    "**/*.a": "",
    "**/*.pyx": "for Cython",
    "**/*.pxd": "",
    "*/**/*.pyi": "for type checkers; IPython's completion reads them too, and nobody types here",
    "debugpy*": "a debugger for notebooks; ipykernel does without",
    "jedi/third_party": "what completion knows of the standard library",
    "numpy/f2py": "for compilers of Fortran",
    "panel/dist/bundled/[!t]*": "libraries of components; of all these, pages load the theme",
    "panel/dist/bundled/terminal": "",
    "panel/dist/panel.js": "the same as panel.min.js",
    "panel/dist/panel.json": "for compilers of extensions",
    "panel/dist/lib": "for compilers of extensions",
    "bokeh/server/static/js/lib": "for compilers of extensions",
    "bokeh/server/static/js/*[!n].js": "",
    "bokeh/server/static/js/*[!i]n.js": "the same as *.min.js",
}
"""Patterns of pathlib, below site-packages, and why nothing misses it."""

USED = """
import importlib, pkgutil, sys
import ipykernel.kernelapp, ipykernel_launcher, papermill, workbench
for found in pkgutil.walk_packages(workbench.__path__, "workbench."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
for module in list(sys.modules.values()):
    origin = getattr(getattr(module, "__spec__", None), "origin", None) or ""
    if origin.endswith(".py"):
        print(origin)
"""
"""Run by the installation itself: the source files of all that it imports."""

COMPILE = """
import py_compile, sys
for line in sys.stdin:
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(line.rstrip("\\n"), doraise=True, invalidation_mode=mode)
"""


def slim(packages: Path) -> None:
    """Delete what LEFT_OUT says below a site-packages folder."""
    for pattern in LEFT_OUT:
        for found in list(packages.glob(pattern)):
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)


def strip(packages: Path) -> None:
    """Take names and line numbers out of compiled libraries, but not out of those that auditwheel
    brought along (``numpy.libs``): it moved their parts, which strip undoes wrongly."""
    if shutil.which("strip") is None:
        sys.stderr.write("slim: there is no strip; compiled libraries stay as they are\n")
        return
    found = [f for f in packages.rglob("*.so") if not f.parent.name.endswith(".libs")]
    subprocess.run(["strip", "--strip-unneeded", *found], check=True)


def compile_used(python: Path, packages: Path) -> None:
    """Bytecode for the modules that are imported, and no other."""
    for cache in list(packages.rglob("__pycache__")):
        shutil.rmtree(cache)
    used = subprocess.run(
        [python, "-B", "-W", "ignore", "-c", USED], check=True, stdout=subprocess.PIPE
    ).stdout
    ours = b"".join(f for f in used.splitlines(True) if f.startswith(bytes(packages)))
    subprocess.run([python, "-B", "-c", COMPILE], check=True, input=ours)


def main(environment: Path) -> None:
    (packages,) = environment.glob("lib/python3*/site-packages")
    slim(packages)
    strip(packages)
    compile_used(environment / "bin" / "python", packages)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
