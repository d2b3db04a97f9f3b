import pytest

from tests.support.scripted_tools import diagnosis, load, ref
from workbench.agent.analyst.matching import Names
from workbench.agent.analyst.names import same_family, stem
from workbench.agent.analyst.relevance import name_words, relevant

FINDINGS = diagnosis(load("missing-config")).findings


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        ("web-7d4b9c6f5-x2x9z", "web"),
        ("web-0", "web"),
        ("orders-api-6c9d7b5f4-k2x8p", "orders-api"),
        ("backup-28391234-4bz2w", "backup"),
        ("node-exporter-x2x9z", "node-exporter"),
        ("ledger-db", "ledger-db"),
        ("checkout-v2", "checkout-v2"),
    ],
)
def test_a_pod_is_known_by_its_workload(pod: str, workload: str) -> None:
    assert stem(pod) == workload


def test_a_family_is_one_workload_in_one_namespace() -> None:
    pod = ref("Pod shop/web-7d4b9c6f5-x2x9z")
    assert same_family(pod, ref("Deployment shop/web"))
    assert same_family(pod, ref("Service shop/web"))
    assert not same_family(pod, ref("Deployment other/web"))
    assert not same_family(pod, ref("ConfigMap shop/web"))
    assert not same_family(pod, ref("Deployment shop/web-admin"))


@pytest.mark.parametrize(
    ("word", "name", "fits"),
    [
        ("cart", "cart", True),
        ("cart", "cart-redis", True),
        ("cart", "card", False),
        ("cart", "checkout", False),
        ("oders", "orders", True),
        ("payment", "payments-66b4c8d9f5-w5v8x", True),
        ("checkout", "checkoutservice", True),
        ("api", "apiary", False),
        ("shop/orders", "orders", False),
        ("worker-1", "worker-2", False),
        ("orders", "order", True),
        ("shop-web", "the-shop-web-1", True),
        ("shop-web", "shop-and-web", False),
    ],
)
def test_words_fit_names_approximately(word: str, name: str, fits: bool) -> None:
    assert bool(Names([name]).like(word)) is fits


def test_questions_are_reduced_to_what_may_be_a_name() -> None:
    assert name_words("Why is the Checkout service so slow since yesterday?") == ("checkout",)
    assert name_words("what's wrong with my pods?") == ()


def test_the_best_name_wins_over_a_similar_one() -> None:
    objects = (ref("Deployment shop/cart"), ref("Deployment shop/carts-archive"))
    assert relevant("is cart ok", (), objects).objects == objects[:1]


def test_a_namespace_means_what_is_in_it() -> None:
    found = relevant("what is up in media", FINDINGS).findings
    assert [f.subject.namespace for f in found] == ["media"]


def test_an_image_in_a_message_is_found() -> None:
    found = relevant("thumbnailer:1.2.3-rc", FINDINGS).findings
    assert [f.code for f in found] == ["IMAGE_NOT_FOUND"]


def test_a_topic_counts_when_nothing_is_named() -> None:
    found = relevant("are there image problems?", FINDINGS).findings
    assert [f.code for f in found] == ["IMAGE_NOT_FOUND"]


def test_words_that_name_nothing_are_told() -> None:
    assert relevant("why is flurbnix down", FINDINGS).unknown == ("flurbnix",)


def test_a_pasted_log_names_what_it_spells_and_nothing_is_guessed_from_it() -> None:
    objects = [ref(f"Deployment shop/svc-{n}") for n in range(2_000)]
    log = "\n".join(f"ERROR request z{n:x}q from svk-{n} to svc-7 failed" for n in range(200))
    found = relevant(log, (), objects)
    assert found.objects == (objects[7],)
    assert found.guessed == ()
