"""The tools the MCP server offers: reading what the cluster holds, and judging it."""
