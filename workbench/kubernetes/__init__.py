"""Everything that touches a cluster, and the MCP server that offers it."""
