"""What a browser may send, and what comes of it."""

from __future__ import annotations

import pytest

from tests.chat.conftest import House, Tab, until
from workbench.chat.screen import LONGEST, Said, Screen, number, word
from workbench.chat.screens.talk import Talk
from workbench.core.render.html import tag
from workbench.errors import StoreUnavailable, UsageError


class Failing(Screen):
    async def do_fail(self, said: Said) -> None:
        raise UsageError("<b>No.</b>", "Try <i>this</i>.")

    async def do_break(self, said: Said) -> None:
        raise KeyError("a bug")

    async def do_hello(self, said: Said) -> None:
        if not self.visited:
            self.visited = True
            raise StoreUnavailable("The database is away.")
        self.put("list", tag("p", "here"))

    visited = False


@pytest.mark.parametrize(
    "said",
    [None, 7, "ask", [], {}, {"do": 7}, {"do": "nothing"}, {"do": "__init__"}, {"do": "../x"}],
    ids=str,
)
async def test_anything_unknown_is_left_alone(house: House, said: object) -> None:
    screen, tab = house.opened(Talk)
    screen.take(said)
    screen.take({"do": "ping"})
    await until(lambda: tab.sent)
    assert tab.sent == [{"op": "pong"}]


async def test_what_went_wrong_is_said_with_what_to_try(house: House) -> None:
    screen, tab = house.opened(Failing)
    screen.take({"do": "fail"})
    await until(lambda: tab.html("notice"))
    assert "&lt;b&gt;No.&lt;/b&gt;" in tab.html("notice")
    assert "Try &lt;i&gt;this&lt;/i&gt;." in tab.html("notice")


async def test_a_page_that_opens_while_the_database_is_away_is_filled_once_it_is_back(
    house: House,
) -> None:
    screen, tab = house.opened(Failing)
    screen.take({"do": "hello"})
    await until(lambda: "The database is away." in tab.html("notice"))
    await until(lambda: tab.html("list"))
    assert tab.html("notice") == ""


async def test_a_bug_is_said_too_and_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    screen, tab = house.opened(Failing)
    screen.take({"do": "break"})
    await until(lambda: "Something went wrong" in tab.html("notice"))
    assert "KeyError: 'a bug'" in caplog.text
    assert "a bug" not in tab.html("notice")


def test_a_field_is_text_of_bounded_length() -> None:
    assert word({"a": "x" * 2 * LONGEST}, "a") == "x" * LONGEST
    assert word({"a": ["x"]}, "a") == word({}, "a") == ""
    assert [number({"a": a}, "a") for a in ("7", "-7", "٣", "", 7)] == [7, 0, 0, 0, 0]


def test_a_tab_keeps_what_was_put_last() -> None:
    tab = Tab()
    tab.sent += [{"op": "put", "to": "a", "html": h} for h in "xy"]
    tab.sent.append({"op": "add", "to": "a", "html": "z"})
    assert tab.html("a") == "yz"
