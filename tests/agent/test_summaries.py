import pytest

from workbench.agent.answers import Answer
from workbench.agent.summaries import summary


@pytest.mark.parametrize(
    ("text", "data", "failed", "line"),
    [
        ("", {"findings": [1, 2, 3], "gaps": [1]}, False, "3 findings, 1 gap"),
        ("", {"findings": [1], "gaps": []}, False, "1 finding"),
        ("a\nb", {"columns": [], "rows": [[1], [2]]}, False, "2 rows"),
        ("a\nb", {"items": []}, False, "0 items"),
        ("a\nb", [1], False, "1 item"),
        ("a\nb\n\n", None, False, "2 lines"),
        ("only this", None, False, "only this"),
        ("", None, False, "empty"),
        ("forbidden\nsecond line", {"items": []}, True, "forbidden"),
        ("", None, True, "failed, and said nothing"),
        ("a\u202eb", None, False, "a⟨U+202E⟩b"),
    ],
)
def test_one_line_says_what_came_back(text: str, data: object, failed: bool, line: str) -> None:
    answer = Answer(
        call_id="1", tool="t", remote_name="t", arguments={}, text=text, data=data, failed=failed
    )
    assert summary(answer) == line


def test_a_long_line_is_cut() -> None:
    answer = Answer(call_id="1", tool="t", remote_name="t", arguments={}, text="x" * 500)
    assert len(summary(answer)) == 120
