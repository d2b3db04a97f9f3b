"""The outcome of an evaluation as one page to read, which runs and loads nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.core.characters import one_line
from workbench.core.render.document import document
from workbench.core.render.html import NOTHING, Html, tag
from workbench.evaluation.report import Report, compared, cost
from workbench.evaluation.score import Outcome
from workbench.evaluation.statistics import Summary, by_case

STYLE = """
.wb.wb .we { width: 100%; }
.wb.wb .we td, .wb.wb .we th { white-space: normal; overflow-wrap: anywhere; }
.wb.wb .we .wb-number, .wb.wb .we td > [class^="we-"] { white-space: nowrap; }
.wb.wb .we thead th { overflow-wrap: normal; }
.wb.wb .we tbody th { color: var(--fg); font-weight: 550; }
.we-right { color: var(--good); }
.we-wrong { color: var(--bad); font-weight: 650; }
.wb .wb-grid { max-height: none; }
@media (max-width: 48rem) {
  .wb.wb .we, .wb.wb .we tbody, .wb.wb .we tr, .wb.wb .we th, .wb.wb .we td { display: block; }
  .wb.wb .we thead { display: none; }
  .wb.wb .we tr { padding: .45rem .1rem; }
  .wb.wb .we tbody tr + tr > * { border-top: 0; }
  .wb.wb .we tbody tr + tr { border-top: 1px solid var(--line); }
  .wb.wb .we td { display: flex; justify-content: space-between; gap: 1rem; padding: .05rem .7rem; }
  .wb.wb .we td::before { content: attr(data-label); color: var(--muted); }
  .wb.wb .we td::before { max-width: 60%; overflow-wrap: break-word; }
  .wb.wb .we td > * { text-align: right; }
}
"""
VERDICT = 600
MEASURES = ("right", "95 %", "every", "cited", "shown", "calls", "tokens", "seconds", "cost")


def page(found: Report) -> str:
    """Who was right how often and at what cost, how they compare, what was answered wrongly, and
    every answer."""
    names = list(dict.fromkeys(o.contestant for o in found.outcomes))
    cases = by_case(found.outcomes)
    attempts = max((o.attempt for o in found.outcomes), default=0)
    about = f"{found.at:%Y-%m-%d %H:%M %Z} · {_count(len(cases), 'scenario')} · "
    about += f"{_count(len(names), 'contestant')} · {_count(attempts, 'attempt')}"
    return document(
        f"Evaluation of {one_line(', '.join(names), 80)}",
        tag("h1", "Evaluation"),
        tag("p", about, class_="about"),
        _summaries(found),
        *_differences(found),
        *_wrong(found.outcomes),
        *_scenarios(cases, names),
        *_answers(found.outcomes),
        style=STYLE,
    )


def _summaries(found: Report) -> Html:
    fresh = {o.contestant for o in found.outcomes}
    rows = [(one.contestant, *_measured(one)) for one in found.summaries]
    told = (
        "right: names what is to blame · every: scenarios right in every attempt (pass^k) · cited: "
        "claims that cite evidence · shown: of those, claims whose evidence holds what they name · "
        "calls, tokens, seconds: of an answer, on average · cost: list prices, of all answers"
    )
    earlier = any(s.contestant not in fresh for s in found.summaries)
    more = " · (before): of the earlier evaluation it is held against" if earlier else ""
    return _section(_table("contestant", MEASURES, rows), tag("footer", told + more))


def _measured(one: Summary) -> tuple[str, ...]:
    measured = one.measures
    return (
        f"{one.right.mean:.0%}",
        f"{one.right.low:.0%}–{one.right.high:.0%}",
        f"{one.every:.0%}",
        f"{measured['cited']:.0%}",
        f"{measured['shown']:.0%}",
        f"{measured['calls']:.1f}",
        f"{measured['tokens']:,.0f}",
        f"{measured['seconds']:.1f}",
        cost(one),
    )


def _differences(found: Report) -> Iterator[Html]:
    if found.differences:
        yield tag("h2", "Compared")
    for one in found.differences:
        head, *lines = compared(one)
        said = (tag("li", line.strip()) for line in lines)
        yield _section(tag("strong", head), tag("ul", *said))


def _wrong(outcomes: Sequence[Outcome]) -> Iterator[Html]:
    wrong = [o for o in outcomes if not o.right]
    if wrong:
        yield tag("h2", f"Wrong, {len(wrong)} of {len(outcomes)}")
    for one in wrong:
        who = " · ".join(filter(None, (_who(one), one.investigation)))
        expected = f"To blame: {one.cause}" if one.cause else "Nothing is wrong there."
        yield tag(
            "section",
            tag("header", tag("strong", one.case), " ", tag("span", who)),
            tag("p", one_line(one.verdict, VERDICT) or "No verdict."),
            tag("p", expected, class_="wb-hint"),
            tag("p", one_line(one.why, VERDICT), class_="wb-hint") if one.why else NOTHING,
            class_="wb wb-failed",
        )


def _scenarios(cases: dict[str, list[Outcome]], names: Sequence[str]) -> Iterator[Html]:
    """Which scenario who was right about."""
    rows = [(case, *(_rights(some, name) for name in names)) for case, some in cases.items()]
    yield tag("h2", "Scenarios")
    yield _section(_table("scenario", names, rows))


def _rights(outcomes: Sequence[Outcome], name: str) -> Html:
    own = [o.right for o in outcomes if o.contestant == name]
    if not own:
        return tag("span", "not asked")
    word = "right" if all(own) else "wrong" if not any(own) else f"{sum(own)} of {len(own)}"
    return _mark(word, good=all(own))


def _answers(outcomes: Sequence[Outcome]) -> Iterator[Html]:
    columns = ("contestant", "answer", "calls", "tokens", "seconds", "cost")
    rows = [
        (
            o.case,
            _who(o),
            _mark("right", good=True) if o.right else _mark("wrong", good=False),
            f"{o.calls}",
            f"{o.input_tokens + o.output_tokens:,}",
            f"{o.seconds:.1f}",
            _price(o),
        )
        for o in outcomes
    ]
    summary = tag("summary", "with calls, tokens, time and cost")
    yield tag("h2", "Every answer")
    yield _section(tag("details", summary, _table("scenario", columns, rows)))


def _who(one: Outcome) -> str:
    return one.contestant + (f", attempt {one.attempt}" if one.attempt > 1 else "")


def _mark(word: str, *, good: bool) -> Html:
    return tag("span", word, class_="we-right" if good else "we-wrong")


def _price(one: Outcome) -> str:
    if one.dollars is None:
        return "unknown" if one.input_tokens else "nothing"
    return f"${one.dollars:.4f}" if one.dollars else "nothing"


def _section(*children: Html) -> Html:
    return tag("section", *children, class_="wb wb-table")


def _table(first: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Html:
    """On a narrow screen each row is a block of lines, each with the name of its column."""
    named = [(c, "wb-number" if c in MEASURES else "") for c in columns]
    head = (tag("th", name, class_=side) for name, side in named)
    body = (
        tag("tr", tag("th", row[0]), *(_cell(*c, t) for c, t in zip(named, row[1:], strict=True)))
        for row in rows
    )
    top = tag("thead", tag("tr", tag("th", first), *head))
    return tag("div", tag("table", top, tag("tbody", *body), class_="we"), class_="wb-grid")


def _cell(column: str, side: str, text: str) -> Html:
    return tag("td", tag("span", text), class_=side, **{"data-label": column})


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
