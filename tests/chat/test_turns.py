"""Steps as fragments: each once, and no text as markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from tests.chat.conftest import ids
from tests.support.samples import (
    COMPLETE,
    EVIDENCE,
    HOSTILE,
    WORK,
    evidence,
    failed,
    hostile,
    investigation,
)
from workbench.chat import asking, findings
from workbench.chat import evidence as opened
from workbench.chat.turns import SAID_MOST, Turn, pending
from workbench.core.investigation import FindingsRaised, Step


class Markup(HTMLParser):
    """Every element and attribute of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value or "" for name, value in attrs if name in ("href", "src")}


def markup(*parts: str) -> Markup:
    parser = Markup()
    parser.feed("".join(parts))
    return parser


def streamed(steps: tuple[Step, ...]) -> tuple[Turn, list[str]]:
    """A turn that was followed from its first step, and what was shown of it."""
    turn = Turn(investigation(()))
    return turn, [str(part) for step in steps for part in turn.take(step)]


def test_a_call_and_its_answer_are_one_item_and_every_other_step_its_own() -> None:
    _, shown = streamed(WORK)
    names = ids("".join(shown))
    assert len(names) == 8  # three calls, three answers, a triage and what was said
    assert len(set(names)) == 5


def test_a_reload_shows_the_items_that_were_streamed() -> None:
    turn, shown = streamed(COMPLETE)
    reloaded = ids(Turn(investigation(COMPLETE)).article())
    assert set(reloaded) >= set(ids("".join(shown)))
    assert len(reloaded) == len(set(reloaded))
    assert turn.article() == Turn(investigation(COMPLETE)).article()


def test_of_words_without_an_end_the_beginning_is_shown_until_the_next_step() -> None:
    turn = Turn(investigation(()))
    shown = "".join("".join(turn.hear("word ")) for _ in range(SAID_MOST))
    assert shown.count("word") == SAID_MOST // len("word ")
    turn.take(WORK[0])
    assert turn.hear("more")


def test_a_claim_links_its_evidence_and_the_conclusion_stands_above_the_steps() -> None:
    article = Turn(investigation(COMPLETE)).article()
    assert 'class="wb-chip" href="#E3"' in article
    assert article.index("web crashes at start") < article.index("5 steps")


@pytest.mark.parametrize(
    ("end", "state"),
    [
        ((), "Looking"),
        ((COMPLETE[-1],), "complete"),
        ((failed(),), "partial"),
        ((failed(cancelled=True),), "cancelled"),
    ],
)
def test_every_state_says_its_name(end: tuple[Step, ...], state: str) -> None:
    assert state in Turn(investigation((*WORK, *end))).article()


def test_a_failure_before_any_finding_says_what_to_try() -> None:
    article = Turn(investigation((WORK[0], failed()))).article()
    assert "is-failed" in article
    assert "Try the analyst." in article


def test_a_call_that_was_cut_off_says_that_no_answer_came() -> None:
    article = Turn(investigation((*WORK[:2], failed(cancelled=True)))).article()
    assert "no answer" in article


def test_text_never_becomes_markup_anywhere() -> None:
    bad = hostile()
    (raised,) = [s for s in bad.steps if isinstance(s, FindingsRaised)]
    table = {"columns": [{"name": HOSTILE, "type": HOSTILE}], "rows": [[HOSTILE], HOSTILE]}
    shown = evidence("E1", HOSTILE, HOSTILE, data=table, error=HOSTILE, arguments={"a": HOSTILE})
    _, fragments = streamed(bad.steps)
    found = markup(
        Turn(bad).article(),
        *fragments,
        pending(HOSTILE),
        opened.opened(shown, "INV-1"),
        opened.excerpt(shown, "INV-1"),
        findings.item(raised.findings[0]),
        asking.options([HOSTILE]),
    )
    assert not found.elements & {"script", "img", "iframe", "svg", "object", "style", "link"}
    assert not {name for name in found.attributes if name.startswith("on")}
    assert all(a.startswith(("#", "api/", "chat?ask=")) for a in found.addresses)
    assert "src" not in found.attributes


def test_the_drawer_shows_a_table_whole_and_what_was_asked_for() -> None:
    shown = opened.opened(EVIDENCE[1], "INV-12")
    assert shown.count("<tr>") == 3
    assert "web-7d4b9-x2x4k" in shown
    assert EVIDENCE[1].sha256 in shown
    assert "&quot;kind&quot;: &quot;pods&quot;" in shown
