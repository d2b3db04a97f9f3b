from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import samples
from workbench.core.investigation import FindingsRaised
from workbench.core.render import html
from workbench.core.render.card import card

ALLOWED = {
    "style", "section", "header", "footer", "span", "p", "strong", "em", "code", "pre", "h4",
    "ol", "ul", "li", "details", "summary", "a", "div",
}  # fmt: skip


class Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def test_hostile_text_is_text() -> None:
    for page in (
        html.investigation(card(samples.hostile(), samples.at(9))),
        html.investigation(card(samples.hostile(), samples.at(9)), on_page=True),
        html.evidence(samples.EVIDENCE[2], anchor=samples.HOSTILE),
        html.diagnosis(samples.diagnosis(samples.hostile().findings[0])),
    ):
        read = Page(page)
        assert read.tags <= ALLOWED
        assert not [a for a, _ in read.attributes if a.startswith("on") or a in ("src", "style")]
        assert "<script>alert(1)</script>" in read.words
        assert "\x1b" not in page


@given(st.text(max_size=80))
def test_text_and_attributes_come_back_as_they_were(words: str) -> None:
    read = Page(html.tag("p", words, title="x" + words))
    assert read.tags == {"p"}
    assert "<" not in words or "<" in read.words


def test_an_anchor_only_points_into_the_page() -> None:
    read = Page(html.investigation(card(samples.investigation(), samples.at(9)), on_page=True))
    targets = [value for name, value in read.attributes if name == "href"]
    assert targets
    assert all(target and target.startswith("#E") for target in targets)


@pytest.mark.parametrize(
    "steps",
    [
        samples.WORK,
        samples.COMPLETE,
        (*samples.WORK, samples.failed()),
        (*samples.WORK[:3], samples.failed()),
        (*samples.WORK, samples.failed(cancelled=True)),
    ],
)
def test_each_state_looks_different_and_says_so(steps: object) -> None:
    shown = card(samples.investigation(steps), samples.at(9))  # type: ignore[arg-type]
    page = html.investigation(shown)
    assert f'class="wb wb-{shown.state.value}"' in page
    assert f".wb-{shown.state.value} " in html.stylesheet("card")
    assert f">{shown.state.value}</span>" in page


def test_without_its_style_sheet_words_do_not_run_together() -> None:
    words = Page(html.investigation(card(samples.investigation(), samples.at(9)))).words
    assert "ago. E1" in words
    assert "list_resources kind=pods namespace=shop 2 rows E2 41 ms" in words


def test_steps_are_folded_when_done_and_open_while_running() -> None:
    assert "<details>" in html.investigation(card(samples.investigation(), samples.at(9)))
    assert "<details" not in html.investigation(
        card(samples.investigation(samples.WORK), samples.at(9))
    )


@pytest.mark.parametrize(("count", "open"), [(5, 5), (6, 3), (40, 3)])
def test_what_was_found_so_far_is_all_there_and_does_not_fill_screens(
    count: int, open: int
) -> None:
    found = tuple(samples.finding(detail=str(n)) for n in range(count))
    raised = FindingsRaised(at=samples.at(1), findings=found, evidence="E1")
    page = html.investigation(
        card(samples.investigation((samples.asked(), raised, samples.failed())), samples.at(9))
    )
    before, _, _ = page.partition("more findings")
    assert before.count("keeps crashing:</strong>") == open
    assert page.count("keeps crashing:</strong>") == count


def test_causes_and_symptoms_are_named_to_each_other() -> None:
    symptom = samples.finding(detail="other", root_cause=False)
    cause = samples.finding("SETTING_MISSING", root_cause=True, explains=(symptom.id,))
    words = Page(html.diagnosis(samples.diagnosis(cause, symptom))).words
    assert "explains 1 other finding" in words
    assert f"explained by {cause.title}: {cause.subject}" in words


@pytest.mark.parametrize("name", ["card", "page"])
def test_style_sheets_load_nothing(name: str) -> None:
    sheet = html.stylesheet(name)
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert "</" not in sheet
