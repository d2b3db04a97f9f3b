"""A real FastMCP server: what other people's servers look like to us."""

from fastmcp import FastMCP
from mcp.types import ToolAnnotations

mcp = FastMCP("fast")
READS = ToolAnnotations(readOnlyHint=True)


@mcp.tool(annotations=READS)
def events(namespace: str, limit: int = 2) -> list[dict[str, str]]:
    """Newest events of a namespace."""
    return [{"namespace": namespace, "reason": f"BackOff-{n}"} for n in range(limit)]


@mcp.tool(annotations=READS)
def kilobyte(size: int = 1024) -> str:
    """Text of that many characters."""
    return ("pod web-1 is Running on node-1\n" * (size // 31 + 1))[:size]


@mcp.tool(annotations=READS)
def broken() -> str:
    """Raises."""
    raise ValueError("the cluster said no")


@mcp.tool
def delete_pod(name: str) -> str:
    """Deletes a pod."""
    return f"deleted {name}"


if __name__ == "__main__":
    mcp.run(show_banner=False)
