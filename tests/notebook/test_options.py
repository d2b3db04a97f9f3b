from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import UsageError
from workbench.notebook.forms import ASK, GET, PARSERS
from workbench.notebook.options import expand, keep_question_marks, words


def test_options_may_stand_anywhere_among_the_words() -> None:
    given = ASK.parse("-n shop why isn't web up --since 1h -m analyst", {})
    assert given.words == ["why", "isn't", "web", "up"]
    assert (given.namespace, given.since, given.model) == ("shop", "1h", "analyst")


def test_quotes_around_whole_words_are_taken_off() -> None:
    assert words("""say "two words" --l='a b' don't""") == ["say", "two words", "--l=a b", "don't"]


def test_after_two_dashes_everything_is_words() -> None:
    assert ASK.parse("-n shop -- what does -w do", {}).words == ["what", "does", "-w", "do"]


def test_an_unknown_option_gets_one_line_and_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"no option --nmespace\. Did you mean --namespace"):
        GET.parse("pods --nmespace shop", {})


def test_a_missing_value_and_a_wrong_choice_get_one_line() -> None:
    with pytest.raises(UsageError, match=r"^%k8s_get: -n/--namespace needs a value\. "):
        GET.parse("pods -n", {})
    for typed, hint in {"xml": "One of table, text, json.", "jsn": "Did you mean json?"}.items():
        with pytest.raises(UsageError, match=rf"^%k8s_get: --format has no '{typed}'\. ") as raised:
            GET.parse(f"pods --format {typed}", {})
        assert raised.value.hint == hint


def test_a_word_where_a_number_belongs_gets_one_line() -> None:
    with pytest.raises(UsageError, match=r"^%k8s_ask: --budget takes a number, not 'lots'\. "):
        ASK.parse("why --budget lots", {})
    with pytest.raises(UsageError, match="--max-calls takes a whole number, not '1x'"):
        ASK.parse("why --max-calls 1x", {})


def test_names_are_put_in_and_never_become_options() -> None:
    given = ASK.parse("why is {{ pod }} down -n {{ns}}", {"pod": "-A web 1", "ns": "my shop"})
    assert given.words == ["why", "is", "-A web 1", "down"]
    assert given.namespace == "my shop"
    assert given.all_namespaces is False


def test_an_unknown_name_is_an_error_that_names_it() -> None:
    with pytest.raises(UsageError, match="'podd'"):
        expand("why is {{ podd }} down", {"pod": "web"})


def test_nothing_is_evaluated() -> None:
    with pytest.raises(UsageError):
        expand("{{ pod.upper() }}", {"pod": "web"})
    assert expand("{pod} $pod ${pod}", {"pod": "web"}) == "{pod} $pod ${pod}"


@given(st.text(max_size=60))
def test_any_line_is_understood_or_refused_in_one_line(line: str) -> None:
    for parser in PARSERS.values():
        with contextlib.suppress(UsageError):
            parser.parse(line, {})


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_a_question_without_options_and_quotes_keeps_every_word(line: str) -> None:
    plain = line.replace("-", "").replace('"', "").replace("'", "").replace("{", "")
    assert ASK.parse(plain, {}).words == plain.split()


def test_tools_to_leave_out_are_no_options() -> None:
    assert ASK.parse("why --tools -logs,+prom -n shop", {}).tools == "-logs,+prom"
    assert ASK.parse("why --tools=-logs", {}).tools == "-logs"


@pytest.mark.parametrize(
    "line",
    ["%k8s_ask is it up?", "x = %k8s fork INV-1 the disk?", "%k8s note up?", "k8s hypothesis dns?"],
)
def test_a_question_is_no_request_for_help(line: str) -> None:
    assert keep_question_marks([line + "\n"]) == [line + " --\n"]


@pytest.mark.parametrize("line", ["%k8s?", "%k8s_ask?", "%k8s sweep?", "frame.head?"])
def test_a_request_for_help_stays_one(line: str) -> None:
    assert keep_question_marks([line]) == [line]


def test_every_form_is_summed_up_in_a_whole_sentence() -> None:
    for parser in PARSERS.values():
        assert parser.summary.endswith(".")
        assert "\n" not in parser.summary
        assert parser.summary.count(". ") == 0
        assert " ".join((parser.description or "").split()).startswith(parser.summary[:-1])
