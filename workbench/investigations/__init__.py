"""The use cases: ask, diagnose, call a tool, open evidence, export a report."""
