from __future__ import annotations

import asyncio
from pathlib import Path

import kr8s.asyncio
from kr8s.asyncio.objects import Pod


async def test_kr8s_lists_gets_reads_logs_and_watches(kubeconfig: Path) -> None:
    api = await kr8s.asyncio.api(kubeconfig=str(kubeconfig), namespace="shop")
    listed = [p async for p in api.get("pods", namespace="shop", label_selector="app=web")]
    assert sorted(p.name for p in listed) == ["web-1", "web-2"]
    pod = await Pod.get("web-1", namespace="shop", api=api)
    assert [line async for line in pod.logs(tail_lines=2)] == ["line 8", "line 9"]
    widgets = [w async for w in api.get("widgets.acme.example", namespace="shop", raw=True)]
    assert widgets[0]["spec"]["size"] == 3
    seen = set()
    async with asyncio.timeout(30):
        async for kind, obj in api.watch("pods", namespace="shop"):
            seen.add((kind, obj.name))
            if len(seen) == 4:
                break
    assert ("ADDED", "cart-1") in seen
