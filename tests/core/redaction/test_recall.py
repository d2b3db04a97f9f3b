"""How much of the corpus is found, and how much is found that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.redaction.corpus import SECRETS
from tests.core.redaction.generated import Leak, leaks, ordinary, tuning
from tests.core.redaction.heldout import wild
from tests.core.redaction.quiet import quiet
from tests.core.redaction.typed import typed
from workbench.core.redaction import redact_text, redact_value

BENIGN = (Path(__file__).parent / "benign.txt").read_text().splitlines()
LEAKS = [Leak("corpus", text, secret) for text, secret in SECRETS] + leaks()
LINES = BENIGN + ordinary() + quiet()
WILD = wild()


def _recall(found: list[Leak]) -> tuple[float, list[Leak]]:
    missed = [leak for leak in found if leak.secret in redact_text(leak.text)]
    return 1 - len(missed) / len(found), missed


def test_at_least_95_of_100_secrets_in_free_text_are_taken_out() -> None:
    recall, missed = _recall(LEAKS)
    print(f"recall {recall:.4f} of {len(LEAKS)}")
    assert len({leak.shape for leak in LEAKS}) >= 40
    assert recall >= 0.95, missed


def test_formats_of_issuers_and_lines_of_tools_reach_the_same() -> None:
    recall, missed = _recall(WILD)
    print(f"recall {recall:.4f} of {len(WILD)}")
    assert len({leak.shape for leak in WILD}) >= 150
    assert recall >= 0.98, missed


@pytest.mark.parametrize("half", [True, False], ids=["tuned", "held out"])
def test_each_half_of_the_generated_corpus_reaches_the_same(half: bool) -> None:
    mine = [leak for n, leak in enumerate(leaks()) if tuning(n) is half]
    recall, missed = _recall(mine)
    assert recall >= 0.95, missed


def test_at_most_1_of_100_ordinary_lines_is_altered() -> None:
    altered = [(line, redact_text(line)) for line in LINES if redact_text(line) != line]
    print(f"false positives {len(altered) / len(LINES):.4f} of {len(LINES)}")
    assert len(LINES) >= 2000
    assert len(altered) / len(LINES) <= 0.01, altered


def test_ordinary_lines_stay_as_they_are_when_read_together() -> None:
    clean = redact_text("\n".join(BENIGN)).splitlines()
    altered = [(a, b) for a, b in zip(BENIGN, clean, strict=True) if a != b]
    assert len(altered) / len(BENIGN) <= 0.01, altered


def test_no_typed_field_of_1000_keeps_its_secret() -> None:
    fields = typed(1000)
    assert len(fields) == 1000
    assert [secret for value, secret in fields if secret in str(redact_value(value))] == []


def test_redacting_twice_changes_nothing_more() -> None:
    for leak in LEAKS + WILD:
        once = redact_text(leak.text)
        assert redact_text(once) == once
