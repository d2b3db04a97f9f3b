from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest
from nbclient import NotebookClient

from tests.support import kernels, samples
from workbench.core.budget import Usage
from workbench.core.cluster import Scope
from workbench.core.evidence import Evidence, Outcome
from workbench.core.investigation import FindingsRaised, Investigation, ModelAnswered
from workbench.core.redaction import Redactor
from workbench.core.timeline.record import to_json
from workbench.investigations import report
from workbench.investigations.report import ReportPaths, cited, composed, export

CHROMIUM = Path("/usr/bin/chromium")
NOW = samples.at(100)
WRITTEN = ("ipynb", "html", "md")
NAME = f'INV_12 = "{samples.ID}"  # what INV-12 is called in every database'


def page(found: Investigation, evidence: Sequence[Evidence], now: datetime = NOW) -> str:
    return report.page(composed(found, evidence, now=now))


def notebook(found: Investigation, evidence: Sequence[Evidence]) -> dict[str, Any]:
    return report.notebook(composed(found, evidence, now=NOW))


@pytest.fixture
def exported(tmp_path: Path) -> ReportPaths:
    return export(samples.investigation(), samples.EVIDENCE, tmp_path / "out", now=NOW)


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


def test_the_notebook_is_valid_and_executed(exported: ReportPaths) -> None:
    read = nbformat.read(exported.notebook, as_version=4)
    nbformat.validate(read)
    code = [c for c in read.cells if c.cell_type == "code"]
    assert [c.source for c in code] == [
        f"import workbench as wb\n\n{NAME}\nwb.load(INV_12)",
        'wb.evidence(INV_12, "E1")',
        'wb.evidence(INV_12, "E3")',
        'wb.evidence(INV_12, "E2")',
    ]
    assert all(c.outputs and c.execution_count for c in code)
    assert "DATABASE_HOST is not set" in code[2].outputs[0].data["text/plain"]


def test_a_claim_stands_right_above_its_evidence(exported: ReportPaths) -> None:
    cells = nbformat.read(exported.notebook, as_version=4).cells
    place = next(i for i, c in enumerate(cells) if 'evidence(INV_12, "E3")' in c.source)
    assert "is not set" in cells[place - 1].source
    assert "hypothesis, no evidence" in cells[place + 2].source


def test_everything_that_was_asked_for_is_in_it(exported: ReportPaths) -> None:
    text = "\n".join(c.source for c in nbformat.read(exported.notebook, as_version=4).cells)
    for part in ("## Why", "## Ruled out", "## Not checked", "## Next", "## Steps", "sha256"):
        assert part in text
    for evidence in samples.EVIDENCE:
        assert evidence.sha256 in text


def test_the_same_investigation_gives_the_same_bytes(tmp_path: Path) -> None:
    made = [export(samples.investigation(), samples.EVIDENCE, tmp_path / n, now=NOW) for n in "ab"]
    assert made[0].notebook.read_bytes() == made[1].notebook.read_bytes()
    assert made[0].html.read_bytes() == made[1].html.read_bytes()


def test_the_notebook_runs_again_and_opens_the_same_evidence(
    exported: ReportPaths, tmp_path: Path
) -> None:
    recorded = nbformat.read(exported.notebook, as_version=4)
    again = nbformat.read(exported.notebook, as_version=4)
    client = NotebookClient(again, timeout=60, kernel_name="python3")
    client.execute(env={**os.environ, **kernels.environment(tmp_path)})
    for before, after in zip(recorded.cells, again.cells, strict=True):
        if before.cell_type == "code":
            texts = [c.outputs[0].data["text/plain"] for c in (before, after)]
            assert texts[0] == texts[1]


def test_the_page_is_small_and_loads_nothing(exported: ReportPaths) -> None:
    text = exported.html.read_text()
    assert len(text) < 100_000
    read = Page(text)
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(read.tags)
    hrefs = [value for tag, name, value in read.attributes if name in ("href", "src")]
    assert all(value and value.startswith("#") for value in hrefs)


def test_the_policy_allows_this_style_sheet_and_nothing_else(exported: ReportPaths) -> None:
    text = exported.html.read_text()
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    contents = [v for tag, name, v in Page(text).attributes if name == "content" and v]
    assert f"style-src 'sha256-{digest}'" in contents[0]
    assert contents[0].startswith("default-src 'none'")


def test_every_chip_on_the_page_has_its_evidence(exported: ReportPaths) -> None:
    read = Page(exported.html.read_text())
    anchors = {value for _, name, value in read.attributes if name == "id"}
    chips = {value[1:] for tag, name, value in read.attributes if name == "href" and value}
    assert chips
    assert chips <= anchors


def test_a_long_result_is_cut_at_both_ends_and_says_so() -> None:
    long = samples.evidence("E1", "logs", "head " + "x" * 50_000 + " tail")
    text = page(samples.investigation(), [long])
    assert "characters not shown" in text
    assert "head " in text
    assert " tail" in text
    assert len(text) < 60_000


def test_unfinished_and_unproven_investigations_can_be_reported() -> None:
    refused = samples.evidence("E1", "delete", "", outcome=Outcome.REFUSED, error="changes are off")
    for steps in (samples.WORK, (*samples.WORK, samples.failed(cancelled=True)), ()):
        tree = notebook(samples.investigation(steps), [refused])
        nbformat.validate(nbformat.from_dict(tree))
        assert "changes are off" in page(samples.investigation(steps), [refused])


def test_what_has_no_step_and_no_call_yet_can_be_reported() -> None:
    begun = composed(samples.investigation(()), (), now=NOW)
    for form in WRITTEN:
        assert b"INV-12" in report.rendered(begun, form)


def test_labels_come_in_the_order_they_came_up() -> None:
    assert cited(samples.investigation()) == ("E1", "E2", "E3")


@pytest.fixture
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1100), ("dark", 390)])
def test_in_a_browser_hostile_text_is_inert(
    browser: Any, scheme: str, width: int, tmp_path: Path
) -> None:
    hostile = samples.hostile()
    made = export(hostile, samples.EVIDENCE, tmp_path, now=NOW)
    view = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    requests: list[str] = []
    noise: list[str] = []
    view.on("request", lambda r: requests.append(r.url))
    view.on("dialog", lambda d: (noise.append(d.message), d.dismiss()))
    view.on("console", lambda m: noise.append(m.text))
    view.goto(made.html.as_uri())
    view.wait_for_timeout(200)
    assert requests == [made.html.as_uri()]
    assert noise == []
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    colour = view.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(18, 22, 27)")


def test_a_report_never_holds_more_than_its_limit_of_a_result() -> None:
    assert report.EVIDENCE_CHARACTERS <= 10_000


def test_a_recorded_timeline_is_a_picture_with_the_steps_beside_it() -> None:
    told = to_json(samples.incident())
    recorded = samples.evidence("E2", "kube_timeline", "text", data=told)
    shown = page(samples.investigation(), [recorded])
    read = Page(shown)
    assert read.tags.count("svg") == 2
    assert "changed 03:01:05" in shown
    assert "Investigation" in shown
    assert "style" not in {name for _, name, _ in read.attributes}
    tree = notebook(samples.investigation(), [recorded])
    assert any("<svg" in str(c.get("outputs")) for c in tree["cells"])


def test_without_a_recorded_timeline_findings_and_calls_tell_the_times() -> None:
    object = {
        "kind": "ConfigMap",
        "metadata": {
            "namespace": "shop",
            "name": "web-config",
            "managedFields": [
                {"manager": "kubectl-edit", "time": "2026-03-01T02:20:00Z"},
                {"manager": "kube-controller-manager", "time": "2026-03-01T02:21:00Z"},
                {"manager": "helm", "time": "2026-02-01T02:21:00Z"},
            ],
        },
    }
    odd = samples.evidence("E2", "kube_timeline", "text", data={"rows": 3})
    read = samples.evidence("E3", "kube_get_resource", "text", data={"object": object})
    told = report.document(composed(samples.investigation(), [odd, read], now=NOW))
    times = told[told.index("## Timeline") : told.index("## Ruled out")]
    assert "more may have happened" in times
    assert "**Changed before it broke: 2026-03-01 02:20:00 UTC" in times
    assert "written by kubectl-edit" in times
    assert "kube-controller-manager" not in times
    assert "helm" not in times  # a month before
    assert "02:24:05" in times  # since when the cause's finding is
    assert "concluded" in times
    assert "No change" not in times


def test_a_rollout_is_told_of_what_the_answer_calls_it_however_it_was_asked_for() -> None:
    revision = {"number": 7, "created": "2026-03-01T02:22:00Z", "changes": []}
    data = {"kind": "Deployment", "namespace": "shop", "name": "web", "revisions": [revision]}
    asked = {"kind": "deploy", "namespace": "shop", "name": "web"}
    seen = samples.evidence("E2", "kube_rollout_history", "text", data=data, arguments=asked)
    told = report.document(composed(samples.investigation(), [seen], now=NOW))
    assert "`Deployment shop/web` | rolled out revision 7" in told


def test_without_any_time_the_timeline_has_the_steps_and_claims_nothing() -> None:
    steps = tuple(s for s in samples.COMPLETE if not isinstance(s, FindingsRaised))
    told = report.document(composed(samples.investigation(steps), samples.EVIDENCE, now=NOW))
    times = told[told.index("## Timeline") : told.index("## Ruled out")]
    assert "asked: why is web down?" in times
    assert "Nothing broke" not in times


def test_the_banner_says_where_when_with_what_and_for_how_much() -> None:
    data = {"server_version": "v1.33.4", "now": "2026-02-28T12:00:00Z"}
    seen = samples.evidence("E1", "kube_diagnose", "2 findings", data=data)
    found = samples.investigation()
    assert composed(found, [seen], now=NOW).banner == {
        "Cluster": "demo; namespace shop",
        "Time range": "until 2026-02-28 12:00 UTC, with no beginning set",
        "Asked": "2026-03-01 03:04:05 UTC by sam; last call 2026-03-01 03:04:05 UTC",
        "Versions": f"Kubernetes v1.33.4 · k8s-workbench {version('k8s-workbench')} · "
        "built-in analyst, no model",
        "Cost": "3 calls · 3.2 s · $0, no model was asked",
        "Written": "2026-03-01 03:05 UTC",
    }


def test_calls_made_by_hand_are_counted() -> None:
    session = msgspec.structs.replace(samples.investigation(()), session=True)
    assert composed(session, samples.EVIDENCE, now=NOW).banner["Cost"].startswith("3 calls")


def test_the_banner_names_the_window_the_model_and_what_all_answers_cost() -> None:
    asked = msgspec.structs.replace(
        samples.asked(), scope=Scope(since=1800), model="anthropic:claude"
    )
    answers = [
        ModelAnswered(
            at=samples.at(n), model=name, usage=Usage(input_tokens=1000, dollars=Decimal("0.01"))
        )
        for n, name in ((1, "anthropic:claude"), (2, "openai:gpt"))
    ]
    found = samples.investigation((asked, *answers, *samples.COMPLETE[1:]))
    said = composed(found, samples.EVIDENCE, now=NOW).banner
    assert said["Time range"] == "2026-03-01 02:34 to 2026-03-01 03:04 UTC (the last 30m)"
    assert "Kubernetes version not recorded" in said["Versions"]
    assert "model anthropic:claude · model openai:gpt" in said["Versions"]
    assert said["Cost"].endswith("2,000 tokens · $0.0200")


def test_every_form_says_the_banner_and_every_hash(tmp_path: Path) -> None:
    for path in report.write(samples.investigation(), samples.EVIDENCE, tmp_path, WRITTEN, now=NOW):
        text = path.read_text()
        for part in ("Time range", "built-in analyst", "Timeline", "Appendix"):
            assert part in text
        assert all(one.sha256 in text for one in samples.EVIDENCE)


def test_a_mark_that_stands_for_a_secret_is_not_taken_out_again() -> None:
    kept = Redactor(b"k" * 32).value({"kind": "Secret", "data": {"p": "aHVudGVyMjI="}})
    held = samples.evidence("E1", "get", "", data={"object": kept})
    made = composed(samples.investigation(), [held], now=NOW)
    assert "was found in" not in made.kind
    assert made.evidence[0].data == {"object": kept}


def test_markdown_says_what_the_notebook_shows(tmp_path: Path) -> None:
    (path,) = report.write(samples.investigation(), samples.EVIDENCE, tmp_path, ("md",), now=NOW)
    text = path.read_text()
    for part in ("# INV-12", "## Why", "## Not checked", "## Appendix: every recorded call"):
        assert part in text
    assert "DATABASE_HOST is not set" in text
    assert all(one.sha256 in text for one in samples.EVIDENCE)
    assert "wb.evidence" not in text
    assert text.count("**Why**") + text.count("## Why") == 1  # nothing is told twice


def test_a_recorded_timeline_is_a_table_with_the_steps_in_it() -> None:
    recorded = samples.evidence("E4", "kube_timeline", "", data=to_json(samples.incident()))
    told = report.document(
        composed(samples.investigation(), [*samples.EVIDENCE, recorded], now=NOW)
    )
    table = told[told.index("## Timeline") :]
    assert "Changed before it broke" in table
    assert "asked" in table


def test_what_leaves_is_redacted_once_more(tmp_path: Path) -> None:
    token = "gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    held = samples.evidence("E1", "logs", f"token={token}", data={"log": f"token={token}"})
    held = msgspec.structs.replace(held, arguments={"selector": f"x={token}"}, error=token)
    asked = samples.investigation(question=f"why does {token} not work?")
    paths = report.write(asked, [held], tmp_path, WRITTEN, now=NOW)
    assert [p.suffix for p in paths] == [".ipynb", ".html", ".md"]
    for path in paths:
        text = path.read_text()
        assert token not in text
        assert "something was found in E1" in text
    clean = report.write(
        samples.investigation(), samples.EVIDENCE, tmp_path / "c", WRITTEN, now=NOW
    )
    assert "was found in" not in clean[2].read_text()
