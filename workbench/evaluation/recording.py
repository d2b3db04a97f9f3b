"""What models answered to scenarios, as a file: asked once with a key, scored again without."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from workbench.agent.tape import RECORDED, Answer, Tape
from workbench.core.counted import counted
from workbench.errors import UsageError
from workbench.evaluation.cases import Case
from workbench.evaluation.run import Contestant, Tapes
from workbench.files import PRIVATE


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. model: as it was named then. who: the agent or specialist that was answered."""

    case: str
    model: str
    agent: str = ""
    attempt: int = 1
    who: str
    answer: Answer


class Recording:
    """Answers to scenarios, by whom they were asked."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self.attempts = max(line.attempt for line in lines)
        self.cases = frozenset(line.case for line in lines)
        pairs = sorted({(line.model, line.agent) for line in lines})
        self.contestants = tuple(_contestant(model, agent) for model, agent in pairs)

    def known(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        """Those of the scenarios it holds answers to. Raises UsageError when there is none."""
        found = tuple(case for case in cases if case.name in self.cases)
        if not found:
            raise UsageError(
                "None of these scenarios was recorded.",
                f"It holds answers to {counted(len(self.cases), 'other')}, like {min(self.cases)}.",
            )
        return found

    def tape(self, case: Case, one: Contestant, attempt: int) -> Tape | None:
        """What one was answered about one scenario; None for who is asked now."""
        if one not in self.contestants:
            return None
        wanted = (case.name, one.model.partition(":")[2], one.agent, attempt)
        return Tape.of(
            f"{case.name} (attempt {attempt})",
            (
                (line.who, line.answer)
                for line in self._lines
                if (line.case, line.model, line.agent, line.attempt) == wanted
            ),
        )


@contextmanager
def recorder(path: Path) -> Iterator[Tapes]:
    """Tapes that write what is answered to a file, a line each, as it comes. Raises UsageError."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error

    def tapes(case: Case, one: Contestant, attempt: int) -> Tape:
        model = one.label.removesuffix(f" as {one.agent}")

        def keep(who: str, answer: Answer) -> None:
            line = Line(
                case=case.name, model=model, agent=one.agent, attempt=attempt, who=who,
                answer=answer,
            )  # fmt: skip
            file.write(msgspec.json.encode(line) + b"\n")

        return Tape(case.name, keep)

    with os.fdopen(handle, "wb", buffering=0) as file:
        yield tapes


def read(path: Path) -> Recording:
    """What was recorded. Raises UsageError."""
    hint = "Make one: workbench eval -m MODEL --record FILE"
    try:
        lines = msgspec.json.Decoder(Line).decode_lines(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} is no recording of answers: {error}.", hint) from error
    if not lines:
        raise UsageError(f"{path} holds no answers.", hint)
    return Recording(lines)


def _contestant(model: str, agent: str) -> Contestant:
    label = f"{RECORDED}:{model}"
    return Contestant(model=label, agent=agent, label=f"{label} as {agent}" if agent else label)
