"""The MCP manager: servers, their connections, one hub over them, and the wrappers around it."""
