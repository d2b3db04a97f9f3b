"""Kubernetes quantities (``500m``, ``1.5Gi``, ``2e3``) as numbers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

# Kubernetes API reference, resource.Quantity: binary and decimal SI suffixes.
_SUFFIXES: dict[str, int | Decimal] = {
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"),
    "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
}  # fmt: skip


def parse_quantity(value: str | int | float | None) -> float | None:
    """The number a quantity stands for (bytes, cores, counts), or None when it is not one."""
    if value is None or isinstance(value, int | float):
        return value
    text = value.strip()
    for suffix in (text[-2:], text[-1:]):
        if suffix in _SUFFIXES and not text[: -len(suffix)].endswith(("e", "E")):
            return _number(text[: -len(suffix)], _SUFFIXES[suffix])
    return _number(text, 1)


def _number(digits: str, scale: int | Decimal) -> float | None:
    try:
        number = Decimal(digits) * scale
    except InvalidOperation:
        return None
    return float(number) if number.is_finite() else None
