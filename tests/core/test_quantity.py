import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.quantity import parse_quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", 0.5), ("2", 2), ("1.5Gi", 1.5 * 2**30), ("128Mi", 2**27), ("2e3", 2000),
        ("1E", 1e18), ("12E6", 12e6), ("100k", 1e5), (3, 3), ("0", 0),
    ],
)  # fmt: skip
def test_a_quantity_is_its_number(text: str | int, number: float) -> None:
    assert parse_quantity(text) == pytest.approx(number)


@pytest.mark.parametrize("text", ["", "many", "1.2.3", "Gi", None, "NaN", "Infinity"])
def test_what_is_no_quantity_is_none(text: str | None) -> None:
    assert parse_quantity(text) is None


@given(st.text(max_size=12))
def test_no_text_makes_it_raise(text: str) -> None:
    assert parse_quantity(text) is None or isinstance(parse_quantity(text), int | float)
