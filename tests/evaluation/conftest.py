"""Real databases for evaluations."""

from __future__ import annotations

from tests.support.postgres import database, empty_database, open_folder, postgres_server, store

__all__ = ["database", "empty_database", "open_folder", "postgres_server", "store"]
