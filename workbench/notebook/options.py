"""What was typed on a magic's line: options, words, and ``{{ names }}``.

Questions are prose, so a quote only counts around a whole word (``why isn't web up`` is four
words), and options may stand anywhere among the words; ``--`` ends the options.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

from workbench.errors import UsageError

_WORD = re.compile(
    r"""(?P<flag>--?[\w-]+=)?(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')(?=\s|$)"""
    r"""|(?:\{\{.*?\}\}|\S)+"""
)
_NAME = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_TAKES_SIGNS = frozenset({"--tools"})
_FLAG = re.compile(r"--?[A-Za-z]")
_QUESTION = re.compile(
    r"^(\s*(?:[\w., ]+=\s*)?%?k8s(?:_ask|[ \t]+(?:fork|note|hypothesis))[ \t].*\?)(?=\s*$)"
)
_FAULT = re.compile(
    r"argument (?P<flag>\S+): (?:invalid (?P<number>float|int) value: (?P<value>.*)"
    r"|invalid choice: (?P<chosen>.*) \(choose from (?P<choices>.*)\)|expected one argument)",
    re.DOTALL,
)
_WORDS = re.compile(r"[\w-]+")
_NUMBERS = {"float": "a number", "int": "a whole number"}
_Formatter = partial(argparse.RawDescriptionHelpFormatter, width=90, max_help_position=30)


class Parser(argparse.ArgumentParser):
    """A magic's options. What is no option is a word: ``given.words``."""

    def __init__(self, prog: str, takes: str, description: str) -> None:
        super().__init__(
            prog=prog,
            usage="%(prog)s " + f"{takes} [options]",
            description=description,
            add_help=False,
            allow_abbrev=False,
            formatter_class=_Formatter,
        )
        self.takes = takes
        self.add_argument("-h", "--help", action="store_true", help="show this and do nothing")

    def parse(self, line: str, names: Mapping[str, Any]) -> argparse.Namespace:
        """The options and words of a line; ``names`` holds what ``{{ name }}`` may stand for.

        Names are put in after the line was taken apart, so a value with spaces or dashes stays one
        value. Raises UsageError for an unknown option, a missing value or an unknown name.
        """
        before, _, after = f"{line.rstrip().removesuffix(' --')} ".partition(" -- ")
        given, rest = self.parse_known_args(_signed(words(before)))
        for word in rest:
            if _FLAG.match(word):
                raise self._unknown(word.partition("=")[0])
        given.words = [*rest, *words(after)]
        for key, value in vars(given).items():
            setattr(given, key, _expanded(value, names))
        return given

    @property
    def summary(self) -> str:
        """The first line of what it says about itself."""
        words = " ".join((self.description or "").split())
        return words.partition(". ")[0].removesuffix(".") + "."

    @property
    def flags(self) -> list[str]:
        """Every option as it is typed."""
        return [flag for action in self._actions for flag in action.option_strings]

    def error(self, message: str) -> NoReturn:
        """In the words of a person what argparse says."""
        flag, said, hint = _FAULT.fullmatch(message), message, f"See {self.prog} --help."
        if flag and flag["number"]:
            said = f"{flag['flag']} takes {_NUMBERS[flag['number']]}, not {flag['value']}"
        elif flag and flag["choices"]:
            said = f"{flag['flag']} has no {flag['chosen']}"
            hint = _nearest(flag["chosen"].strip("'"), _WORDS.findall(flag["choices"]))
        elif flag:
            said = f"{flag['flag']} needs a value"
        raise UsageError(f"{self.prog}: {said}.", hint)

    def _unknown(self, flag: str) -> UsageError:
        from difflib import get_close_matches

        near = get_close_matches(flag, self.flags, n=1, cutoff=0.5)
        meant = f"Did you mean {near[0]}?" if near else f"See {self.prog} --help."
        return UsageError(f"{self.prog} has no option {flag}.", f"{meant} Words go after --.")


def _nearest(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1)
    return f"Did you mean {near[0]}?" if near else f"One of {', '.join(known)}."


def keep_question_marks(lines: list[str]) -> list[str]:
    """An input transformer. IPython takes a line that ends in ``?`` for a request for help on its
    last word; a question gets ``--`` at its end, which means nothing, and stays a question."""
    return [_QUESTION.sub(r"\1 --", line) for line in lines]


def words(line: str) -> list[str]:
    """The line's words; quotes around a whole word are taken off."""
    return [_unquoted(match) for match in _WORD.finditer(line)]


def expand(text: str, names: Mapping[str, Any]) -> str:
    """The text with each ``{{ name }}`` replaced by what the notebook calls by that name.

    Raises UsageError naming what is not known. Only names are looked up, nothing is evaluated.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in names:
            raise UsageError(f"Nothing is called {match[1]!r} here.", "Assign it in a cell first.")
        return str(names[match[1]])

    return _NAME.sub(value, text)


def _signed(typed: list[str]) -> list[str]:
    """``--tools -logs`` as ``--tools=-logs``: what begins with a dash is its value here."""
    found: list[str] = []
    for word in typed:
        if found and found[-1] in _TAKES_SIGNS:
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


def _unquoted(match: re.Match[str]) -> str:
    quoted = match["double"] if match["double"] is not None else match["single"]
    return match[0] if quoted is None else (match["flag"] or "") + quoted


def _expanded(value: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [expand(item, names) for item in value]
    return expand(value, names) if isinstance(value, str) else value
