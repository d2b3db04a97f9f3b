"""Names leave as stand-ins and come back as they were."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from workbench.core.pseudonyms import VOCABULARY, Pseudonymiser

TEXT = (
    "pod shop/checkout-7d9c-x2x in shop at 192.168.4.7 failed; mail ada@corp.example (node-a.corp)"
)
NAMES = st.from_regex(r"[a-z]{3,8}(-[a-z0-9]{1,5}){0,2}", fullmatch=True).filter(
    lambda n: n not in VOCABULARY and not re.fullmatch(r"(ns|pod|app|node|host|person)(-.*)?", n)
)
WORDS = st.sampled_from(["CrashLoopBackOff", " ", "/", ": ", "\n", "Pod", '"', "192.168.0.9", ","])


def _told() -> Pseudonymiser:
    names = Pseudonymiser()
    names.know("namespace", ["shop"])
    names.know("pod", ["checkout-7d9c-x2x"])
    names.know("host", ["node-a.corp"])
    return names


def test_the_same_name_has_the_same_stand_in_everywhere() -> None:
    said = "pod ns-1/pod-1 in ns-1 at 10.255.0.2 failed; mail person-1@example.invalid (host-1)"
    assert _told().replace(TEXT) == said


def test_the_person_gets_the_names_back() -> None:
    names = _told()
    assert names.restore(names.replace(TEXT)) == TEXT
    assert names.restore("restart pod-1 in ns-1, not ns-99") == (
        "restart checkout-7d9c-x2x in shop, not ns-99"
    )


def test_words_of_kubernetes_and_parts_of_words_stay() -> None:
    names = Pseudonymiser()
    names.know("namespace", ["default", "kube-system", "shop"])
    text = "kube-system default workshop shop-front image v1.2.3.4.5"
    assert names.replace(text) == text


def test_a_name_that_looks_like_a_stand_in_is_not_given_out() -> None:
    names = Pseudonymiser()
    names.know("node", ["node-1", "gpu"])
    text = "node-1 and gpu reach 10.255.0.2 and 10.255.0.3, not app-1"
    assert names.restore(names.replace(text)) == text
    assert "node-1" not in names.replace(text)


def test_a_second_time_changes_nothing() -> None:
    names = _told()
    once = names.replace(TEXT)
    assert names.replace(once) == once


@given(st.lists(NAMES, min_size=1, max_size=6, unique=True), st.data())
def test_any_told_names_come_back_and_none_is_left(told: list[str], data: st.DataObject) -> None:
    names = Pseudonymiser()
    names.know("workload", told)
    pieces = data.draw(st.lists(st.sampled_from(told) | WORDS, max_size=15))
    text = " ".join(pieces)
    said = names.replace(text)
    assert names.restore(said) == text
    assert not set(told) & set(re.findall(r"[\w-]+", said))
