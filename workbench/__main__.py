"""The ``workbench`` command, also as ``python -m workbench``."""

import sys

ABORTED = 3
"""As of every command that a person stops (see cli/failures.py, which is not loaded yet)."""


def main() -> None:
    """Run it. Ctrl-C while it is loaded ends it as one does later, without a traceback."""
    try:
        from workbench.cli import main as run
    except KeyboardInterrupt:
        sys.exit(ABORTED)
    run()


if __name__ == "__main__":
    main()
