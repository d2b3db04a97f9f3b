"""Accepted tool definitions are kept byte for byte, and the first one stays until a person says."""

from __future__ import annotations

from workbench.core.pins import Pin
from workbench.store.database import Store

FIRST = Pin(server="prom", tool="query", definition='{"name":"query","description":"\\u0000 é"}')


async def test_a_pin_reads_back_byte_for_byte(store: Store) -> None:
    await store.tool_pins.take([FIRST])
    assert await store.tool_pins.of("prom") == {"query": FIRST}
    assert await store.tool_pins.of("other") == {}


async def test_the_first_definition_stays_until_another_is_accepted(store: Store) -> None:
    changed = Pin(server="prom", tool="query", definition="{}", late=True)
    await store.tool_pins.take([FIRST])
    await store.tool_pins.take([changed])
    assert (await store.tool_pins.of("prom"))["query"] == FIRST
    accepted = Pin(server="prom", tool="query", definition="{}", reads=True, by="jane")
    await store.tool_pins.accept(accepted)
    assert (await store.tool_pins.of("prom"))["query"] == accepted


async def test_a_forgotten_server_has_no_pins(store: Store) -> None:
    await store.tool_pins.take([FIRST])
    await store.tool_pins.forget("prom")
    assert await store.tool_pins.of("prom") == {}
