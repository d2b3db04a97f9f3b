"""How much of the corpus is found, and how much is found that is none."""

from __future__ import annotations

from pathlib import Path

from tests.core.redaction.corpus import SECRETS
from workbench.core.redaction import redact_text

BENIGN = (Path(__file__).parent / "benign.txt").read_text().splitlines()


def test_at_least_95_of_100_secrets_in_free_text_are_taken_out() -> None:
    missed = [text for text, secret in SECRETS if secret in redact_text(text)]
    recall = 1 - len(missed) / len(SECRETS)
    print(f"recall {recall:.3f} of {len(SECRETS)}")
    assert len(SECRETS) >= 60
    assert recall >= 0.95, missed


def test_at_most_1_of_100_ordinary_lines_is_altered() -> None:
    altered = [(line, redact_text(line)) for line in BENIGN if redact_text(line) != line]
    print(f"false positives {len(altered) / len(BENIGN):.4f} of {len(BENIGN)}")
    assert len(BENIGN) >= 200
    assert len(altered) / len(BENIGN) <= 0.01, altered


def test_ordinary_lines_stay_as_they_are_when_read_together() -> None:
    text = "\n".join(BENIGN)
    clean = redact_text(text).splitlines()
    altered = [(a, b) for a, b in zip(BENIGN, clean, strict=True) if a != b]
    assert len(altered) / len(BENIGN) <= 0.01, altered


def test_redacting_twice_changes_nothing_more() -> None:
    for text, _ in SECRETS:
        once = redact_text(text)
        assert redact_text(once) == once
