"""The incidents page, as a tab sees it."""

from __future__ import annotations

import pytest

from tests.chat.conftest import House, Tab
from workbench.chat.screens.incidents import Incidents
from workbench.core.cluster import Scope
from workbench.errors import AccessDenied, NotRecorded, UsageError

CLOSE = {"cause": "a <b>key</b> was renamed", "fix": "put it back", "outcome": "fixed"}


async def investigated(house: House, name: str) -> str:
    bench = house.workbench.acting_for(name, "chat")
    found = [so_far async for so_far, _ in bench.ask("why is orders down?", Scope())]
    return found[-1].label


async def opened(house: House, name: str = "ann", **said: str) -> tuple[Incidents, Tab]:
    screen, tab = house.opened(Incidents, name)
    await screen.do_open({"title": "checkout is <i>down</i>", "namespace": "shop", **said})
    return screen, tab


async def test_one_is_opened_attached_noted_closed_and_found_again(house: House) -> None:
    label = await investigated(house, "ann")
    screen, tab = await opened(house, investigation=label)
    assert "checkout is &lt;i&gt;down" in tab.html("incident")
    assert f"api/investigations/{label}/report" in tab.html("incident")
    await screen.do_note({"id": "INC-1", "text": "<script>x</script>"})
    assert "&lt;script&gt;" in tab.html("incident")
    await screen.do_close({"id": "INC-1", **CLOSE})
    assert "a &lt;b&gt;key&lt;/b&gt; was renamed" in tab.html("incident")
    assert 'data-do="close"' not in tab.html("incident")
    again, second = await opened(house, investigation=label)
    assert "put it back" in second.html("similar")
    assert "both have" in second.html("similar")
    await again.do_all({})
    assert second.html("list").count("<li") == 2
    assert second.told("address")[-1]["to"] == "incidents"


async def test_what_is_somebody_elses_is_not_there(house: House) -> None:
    label = await investigated(house, "ann")
    await opened(house, investigation=label)
    other, others = house.opened(Incidents, "bob")
    await other.do_hello({})
    assert "checkout" not in others.html("list")
    for do, said in (
        (other.do_incident, {}), (other.do_note, {"text": "x"}), (other.do_close, CLOSE),
        (other.do_attach, {"investigation": label}),
    ):  # fmt: skip
        with pytest.raises(NotRecorded):
            await do({"id": "INC-1", **said})
    with pytest.raises(NotRecorded):
        await other.do_open({"title": "mine", "investigation": label})
    await other.do_all({})
    assert "mine" not in others.html("list")
    admin, everybodys = house.opened(Incidents, "root", sees_all=True)
    await admin.do_hello({"id": "INC-1"})
    assert "checkout" in everybodys.html("incident")
    for screen in (other, admin):
        screen.close()


async def test_who_may_read_only_reads_and_a_program_closes_none(house: House) -> None:
    await opened(house, shared="on")
    reader, tab = house.opened(Incidents, "vera", asks=False)
    await reader.do_incident({"id": "INC-1"})
    assert "<form" not in tab.html("incident")
    for do in (reader.do_open, reader.do_note, reader.do_close, reader.do_attach):
        with pytest.raises(AccessDenied):
            await do({"id": "INC-1", "title": "x", "text": "x", **CLOSE})
    robot, tab = house.opened(Incidents, "robot", person=False)
    await robot.do_incident({"id": "INC-1"})
    assert 'data-do="close"' not in tab.html("incident")
    with pytest.raises(AccessDenied):
        await robot.do_close({"id": "INC-1", **CLOSE})


@pytest.mark.parametrize("wrong", [{"outcome": ""}, {"outcome": "gone"}, {"cause": " "}])
async def test_a_close_without_what_it_was_is_refused(house: House, wrong: dict[str, str]) -> None:
    screen, tab = await opened(house)
    with pytest.raises(UsageError):
        await screen.do_close({"id": "INC-1", **CLOSE, **wrong})
    assert "is-awaiting" in tab.html("incident")
