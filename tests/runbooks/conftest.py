"""Real databases for the workers' tests."""

from __future__ import annotations

from tests.support.postgres import database, open_folder, postgres_server, store

__all__ = ["database", "open_folder", "postgres_server", "store"]
