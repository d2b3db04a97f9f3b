"""Local servers that speak the providers' protocols and answer from prepared turns.

A script (``scripts/*.yaml``) is a list of turns that either protocol can say: words, tool calls
(``arguments``, or ``raw`` for JSON that is broken), usage, an HTTP error, or a connection that
breaks in the middle. Adding a case adds no code.
"""

from tests.support.model_servers.server import ModelServer, scripts

__all__ = ["ModelServer", "scripts"]
