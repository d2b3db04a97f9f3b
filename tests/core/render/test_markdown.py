from __future__ import annotations

import html
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


@given(st.text(alphabet="\\`*_{}[]()<>#+-!|~$^&=\"':;.,1a @/", min_size=1, max_size=12))
def test_whatever_begins_a_line_is_read_as_it_was(words: str) -> None:
    page = str(render(markdown.plain(words)))
    assert tags(markdown.plain(words)) <= {"p"}
    assert " ".join(html.unescape(page[3:-5]).split()) == " ".join(words.split())


def test_words_that_mean_nothing_to_markdown_are_left_as_they_are() -> None:
    words = 'kube_logs of shop/web-1 took 1.3 s (x2, +4m): it\'s CONFIG_KEY_MISSING!? No "web" = 1.'
    assert markdown.plain(words) == words


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
