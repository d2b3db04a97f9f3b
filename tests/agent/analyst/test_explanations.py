import msgspec

from tests.support.scripted_tools import diagnosis, load
from workbench.agent.analyst.explanations import Explanations

FINDINGS = diagnosis(load("missing-config")).findings
KEY, CRASH, DOWN, IMAGE = FINDINGS


def test_causes_are_found_through_what_lies_between() -> None:
    assert Explanations(FINDINGS).causes(DOWN) == (KEY,)
    assert Explanations(FINDINGS).below(KEY) == (CRASH, DOWN)


def test_a_finding_that_nothing_explains_is_its_own_cause() -> None:
    assert Explanations(FINDINGS).causes(IMAGE) == (IMAGE,)


def test_without_a_root_the_top_of_the_chain_is_the_cause() -> None:
    top = msgspec.structs.replace(KEY, root_cause=False)
    assert Explanations((top, CRASH, DOWN)).causes(DOWN) == (top,)


def test_a_circle_comes_to_an_end() -> None:
    round_trip = msgspec.structs.replace(DOWN, explains=(CRASH.id,))
    edges = Explanations((CRASH, round_trip))
    assert edges.below(CRASH) == (round_trip,)
    assert edges.causes(round_trip)
