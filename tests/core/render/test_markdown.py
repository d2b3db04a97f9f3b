from __future__ import annotations

import re
from html.parser import HTMLParser

import mistune
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import samples
from workbench.core.render import markdown
from workbench.core.render.card import card

render = mistune.create_markdown(escape=False, plugins=["table", "url", "strikethrough", "math"])
PLAIN_TAGS = {"p", "strong", "em", "code", "pre", "ol", "ul", "li", "br", "hr"} | {
    "table", "thead", "tbody", "tr", "th", "td", "h1", "h2", "h3", "h4"
}  # fmt: skip


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)


def tags(source: str) -> set[str]:
    return Tags(str(render(source))).seen


def test_hostile_text_makes_no_links_images_html_or_formulas() -> None:
    for source in (
        markdown.investigation(card(samples.hostile(), samples.at(9))),
        markdown.evidence(samples.EVIDENCE[2]),
        markdown.diagnosis(samples.diagnosis(samples.hostile().findings[0])),
    ):
        assert tags(source) <= PLAIN_TAGS
        assert "math" not in str(render(source))


@pytest.mark.parametrize(
    "words",
    [
        "http://evil.test",
        "www.evil.test",
        "a@evil.test",
        "<b>x</b>",
        "$x$",
        "![a](b)",
        "1. x",
        "# x",
    ],
)
def test_words_stay_words(words: str) -> None:
    page = str(render(markdown.plain(words)))
    assert tags(markdown.plain(words)) == {"p"}
    assert "href" not in page


@given(st.text(max_size=60))
def test_any_words_stay_one_paragraph(words: str) -> None:
    assert tags("x " + markdown.plain(words)) == {"p"}


@given(st.text(alphabet="`a \n~", max_size=20))
def test_nothing_breaks_out_of_a_fence(words: str) -> None:
    page = str(render(markdown.fence(words) + "\n\nafter"))
    assert len(re.findall("<pre>", page)) == 1
    assert page.rstrip().endswith("<p>after</p>")


def test_commands_stand_in_blocks_to_copy() -> None:
    shown = markdown.commands(samples.CONCLUSION.next_steps)
    assert "```sh\nkubectl rollout undo -n shop deployment/web\n```" in shown
    assert "```sh\nAsk" not in shown


def test_each_step_is_a_row_even_when_its_target_holds_a_bar() -> None:
    line = markdown.timeline(card(samples.hostile(), samples.at(9)).lines).splitlines()[2]
    assert len(re.findall(r"(?<!\\)\|", line)) == 7
