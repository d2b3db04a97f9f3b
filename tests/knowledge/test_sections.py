"""Markdown is cut by its structure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.knowledge.sections import CODE_MOST, TARGET, pieces, sections

PAGE = """\
before any heading

# Top
intro
## Check
look
```bash
# not a heading

kubectl get pods
```
## Check
again
# Named {#its-name}
end
"""


def test_a_section_for_each_heading_with_its_anchor_and_path() -> None:
    found = list(sections(PAGE))
    assert [(s.anchor, s.path) for s in found] == [
        ("", ()),
        ("top", ("Top",)),
        ("check", ("Top", "Check")),
        ("check-1", ("Top", "Check")),
        ("its-name", ("Named",)),
    ]
    assert "# not a heading" in found[2].text


def test_code_stays_whole_and_prose_is_cut_between_paragraphs() -> None:
    code = "```\n" + "\n".join(f"line {n}\n" for n in range(300)) + "\n```"
    assert TARGET < len(code) < CODE_MOST
    page = "# T\n" + "\n\n".join(["word " * 100] * 5) + "\n\n" + code
    found = list(pieces(sections(page)))
    assert [p.text for p in found if "```" in p.text] == [code]
    assert all(len(p.text) <= TARGET + 10 for p in found if "```" not in p.text)
    assert {p.anchor for p in found} == {"t"}


def test_a_fence_that_is_never_closed_loses_nothing() -> None:
    (found,) = pieces(sections("# T\n```\nkubectl get pods"))
    assert "kubectl get pods" in found.text


@given(st.text(st.sampled_from("ab #`\n-")))
def test_no_word_is_lost(text: str) -> None:
    found = "".join(f"{p.heading}{p.text}" for p in pieces(sections(text)))
    assert found.count("a") >= sum(
        line.count("a") for line in text.splitlines() if not line.lstrip().startswith("#")
    )
