"""Words that a question uses as names."""

from __future__ import annotations

import pytest

from workbench.agent.analyst.software import is_such
from workbench.agent.analyst.strangers import nearest, used_as_names
from workbench.core.cluster import ObjectRef

SHOP = [ObjectRef("Deployment", "shop", name) for name in ("checkoutservice", "cart", "web")]


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("why is app checkuot failing?", "checkuot"),
        ("is invoicing slow?", "invoicing"),
        ("the ledger service has errors", "ledger"),
        ("what happens in namespace media", "media"),
        ("nothing comes from 'mailer'", "mailer"),
        ("errors since orders-v2", "orders-v2"),
    ],
)
def test_names_stand_where_names_stand(question: str, word: str) -> None:
    assert used_as_names(question, [word]) == (word,)


@pytest.mark.parametrize(
    ("question", "word"),
    [("customers cannot pay", "pay"), ("errors at peak", "peak"), ("no traces arrive", "traces")],
)
def test_other_words_are_no_names(question: str, word: str) -> None:
    assert used_as_names(question, [word]) == ()


def test_a_misspelled_name_is_answered_with_the_nearest() -> None:
    assert nearest("checkuot", SHOP) == ("checkoutservice",)
    assert nearest("zzz", SHOP) == ()


@pytest.mark.parametrize(
    ("word", "name"),
    [("database", "orders-pg"), ("db", "mysql-0"), ("cache", "redis-cart"), ("queue", "rabbitmq")],
)
def test_software_is_asked_about_by_what_it_does(word: str, name: str) -> None:
    assert is_such(word, name)
    assert not is_such(word, "web")
