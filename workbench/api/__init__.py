"""The workbench over HTTP: FastAPI under ``/api``. It translates, and holds no logic of its own."""
