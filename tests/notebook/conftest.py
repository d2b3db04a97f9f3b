"""Real databases for the magics that read and write the record."""

from __future__ import annotations

from tests.support.postgres import database, open_folder, postgres_server

__all__ = ["database", "open_folder", "postgres_server"]
